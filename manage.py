#!/usr/bin/env python
"""Runs the project's management commands."""

from smsreports.__main__ import main

if __name__ == "__main__":
    main()
