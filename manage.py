#!/usr/bin/env python
"""Run a management command: in a checkout, the same as `smsreports` of an installed copy."""

from smsreports.__main__ import main

if __name__ == "__main__":
    main()
