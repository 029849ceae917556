"""Lengths of time as people write them on a command line."""

import re
from argparse import ArgumentTypeError
from datetime import timedelta

UNITS = {"m": "minutes", "h": "hours", "d": "days"}
# Up to 9,999 days: 27 years, longer than anybody has sent SMS through an API.
DURATION_PATTERN = re.compile(r"([1-9][0-9]{0,3})([mhd])")


def parse_duration(text: str) -> timedelta:
    found = DURATION_PATTERN.fullmatch(text)
    if found is None:
        raise ArgumentTypeError(f"{text!r} is not a duration such as 90m, 72h or 3d")
    number, unit = found.groups()
    return timedelta(**{UNITS[unit]: int(number)})
