"""Unified lists: the rows of every source in one list, newest first."""
