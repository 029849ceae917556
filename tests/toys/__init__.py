"""Tests of the toy source and the toy dialect, by a run of their own.

By hand: `.venv/bin/python -m pytest tests/toys --ds=tests.toys.settings`.
"""
