"""Ingest of traffic. Each record becomes one row, in whatever order records arrive."""
