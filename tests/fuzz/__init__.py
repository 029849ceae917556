"""Thousands of requests that schemathesis makes of the published description, at a server of their own."""
