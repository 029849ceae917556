"""Tests against the truth: real PostgreSQL, real HTTP."""
