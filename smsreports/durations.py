"""Durations on the command line, such as 90m, 72h or 3d."""

import re
from argparse import ArgumentTypeError
from datetime import timedelta

UNITS = {"m": "minutes", "h": "hours", "d": "days"}
# At most 9,999 days, which is 27 years.
DURATION_PATTERN = re.compile(r"([1-9][0-9]{0,3})([mhd])")


def parse_duration(text: str) -> timedelta:
    """Return the duration in `text`: a number of minutes, hours or days. Raises ArgumentTypeError for other texts."""
    match = DURATION_PATTERN.fullmatch(text)
    if match is None:
        raise ArgumentTypeError(f"{text!r} is not a duration such as 90m, 72h or 3d")
    number, unit = match.groups()
    return timedelta(**{UNITS[unit]: int(number)})
