"""Readers of a record's values: each checks one and gives it as COPY's text format takes it."""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

from smsreports.statuses import NAMES, STATUSES

NULL = "\\N"
# What COPY's text format would take for its own marks.
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
NEEDS_ESCAPE = re.compile(r"[\\\t\n\r]")
# RFC 3339 with seconds; a time without a zone is nobody's time. No zone is further from UTC than 14 hours.
MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])"
)
# With a zone's hours added or taken, these years still are years that Python and PostgreSQL both know.
YEARS = range(2, 9999)
# A short code has no +.
PHONE = re.compile(r"\+?[0-9]{1,15}")
COUNTRY = re.compile(r"[A-Z]{2}")
COST = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6}0*)?")
# What the column holds.
MOST_SEGMENTS = 32767


class Refused(ValueError):
    """A record, or one of its values, cannot be taken; the text says why."""


def text(longest: int, *, empty: bool = False) -> Callable[[Any], str]:
    """A reader of text of up to `longest` characters; what it takes can be read off it."""
    return partial(_text, longest, empty)


def _text(longest: int, empty: bool, value: Any) -> str:
    if not isinstance(value, str):
        raise Refused("must be text")
    if len(value) > longest:
        raise Refused(f"must not be longer than {longest} characters")
    if not value and not empty:
        raise Refused("must not be empty")
    if "\0" in value:
        raise Refused("must not contain a NUL character")
    return value.translate(ESCAPES) if NEEDS_ESCAPE.search(value) else value


def number_of_phone(value: Any) -> str:
    if not isinstance(value, str) or not PHONE.fullmatch(value):
        raise Refused("must be a phone number in international form, + and up to 15 digits")
    return value


def country_code(value: Any) -> str:
    if not isinstance(value, str) or not COUNTRY.fullmatch(value):
        raise Refused("must be two capital letters")
    return value


def status(value: Any) -> str:
    if not isinstance(value, str) or value not in STATUSES:
        raise Refused(f"must be one of {', '.join(NAMES)}")
    return value


def is_final(name: str) -> bool:
    return STATUSES[name].final


def part_count(value: Any) -> str:
    if type(value) is not int or not 1 <= value <= MOST_SEGMENTS:
        raise Refused(f"must be a whole number from 1 to {MOST_SEGMENTS}")
    return str(value)


def cost(value: Any) -> str:
    """Text or a JSON number. The digits of a JSON number survive: 12 of them fit its double exactly."""
    if isinstance(value, str):
        plain = value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        plain = _plain(value)
    else:
        plain = ""
    if not COST.fullmatch(plain):
        raise Refused("must be from 0 to 999999.999999, with at most 6 decimals")
    return plain


def _plain(value: float) -> str:
    try:
        return format(Decimal(repr(value)), "f")
    except InvalidOperation:
        return ""


def moment(value: Any) -> str:
    if not isinstance(value, str) or not MOMENT.fullmatch(value):
        raise Refused("must be a time with a time zone, such as 2026-02-13T10:30:00Z")
    try:
        year = datetime.fromisoformat(value).year
    except ValueError:
        raise Refused("is not a time that exists") from None
    if year not in YEARS:
        raise Refused(f"must be in the years from {YEARS.start} to {YEARS.stop - 1}")
    return value
