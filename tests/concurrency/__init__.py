"""Limits of concurrent work."""
