"""Spec dataclasses and JSON Schema helpers that describe the API."""
