"""Parsers for the values of a record. Each validates one value and returns it in COPY's text format."""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import partial

from smsreports.sms.phone_numbers import InvalidNumber, canonicalize_number
from smsreports.sms.statuses import NAMES, STATUSES

# Returns the value in COPY's text format, or raises InvalidRecord.
FieldParser = Callable[[object], str]
COPY_NULL = "\\N"
# Characters with a meaning in COPY's text format.
COPY_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
NEEDS_ESCAPE_PATTERN = re.compile(r"[\\\t\n\r]")
# RFC 3339 with seconds. A time without a zone is ambiguous. No zone is further from UTC than 14 hours.
DATETIME_PATTERN = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])"
)
# After conversion to any zone, these years are still valid in both Python and PostgreSQL.
VALID_YEARS = range(2, 9999)
COUNTRY_PATTERN = re.compile(r"[A-Z]{2}")
COST_PATTERN = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6}0*)?")
# The maximum of a smallint column.
MAX_SEGMENTS = 32767


class InvalidRecord(ValueError):
    """A record, or one of its values, is invalid. The message says why."""


def make_text_parser(max_length: int, *, allow_empty: bool = False) -> FieldParser:
    """Return a parser for text of up to `max_length` characters."""
    return partial(_parse_text, max_length, allow_empty)


def _parse_text(max_length: int, allow_empty: bool, value: object) -> str:
    if not isinstance(value, str):
        raise InvalidRecord("must be text")
    if len(value) > max_length:
        raise InvalidRecord(f"must not be longer than {max_length} characters")
    if not value and not allow_empty:
        raise InvalidRecord("must not be empty")
    if "\0" in value:
        raise InvalidRecord("must not contain a NUL character")
    return value.translate(COPY_ESCAPES) if NEEDS_ESCAPE_PATTERN.search(value) else value


def parse_phone(value: object, default_country: str = "") -> str:
    """Parse a number into its canonical form. `default_country` is the account's."""
    if not isinstance(value, str):
        raise InvalidRecord("must be text")
    try:
        number = canonicalize_number(value, default_country)
    except InvalidNumber as error:
        raise InvalidRecord(str(error)) from None
    return number.translate(COPY_ESCAPES) if NEEDS_ESCAPE_PATTERN.search(number) else number


def parse_country(value: object) -> str:
    if not isinstance(value, str) or not COUNTRY_PATTERN.fullmatch(value):
        raise InvalidRecord("must be two capital letters")
    return value


def parse_status(value: object) -> str:
    if not isinstance(value, str) or value not in STATUSES:
        raise InvalidRecord(f"must be one of {', '.join(NAMES)}")
    return value


def is_final(name: str) -> bool:
    return STATUSES[name].is_final


def parse_segments(value: object) -> str:
    if type(value) is not int or not 1 <= value <= MAX_SEGMENTS:
        raise InvalidRecord(f"must be a whole number from 1 to {MAX_SEGMENTS}")
    return str(value)


def parse_cost(value: object) -> str:
    """Parse text or a JSON number. A JSON number keeps its digits: a double represents 12 digits exactly."""
    if isinstance(value, str):
        digits = value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        digits = _format_plain_number(value)
    else:
        digits = ""
    if not COST_PATTERN.fullmatch(digits):
        raise InvalidRecord("must be from 0 to 999999.999999, with at most 6 decimals")
    return digits


def _format_plain_number(value: float) -> str:
    try:
        return format(Decimal(repr(value)), "f")
    except InvalidOperation:
        return ""


def parse_datetime(value: object) -> str:
    if not isinstance(value, str) or not DATETIME_PATTERN.fullmatch(value):
        raise InvalidRecord("must be a time with a time zone, such as 2026-02-13T10:30:00Z")
    try:
        year = datetime.fromisoformat(value).year
    except ValueError:
        raise InvalidRecord("is not a time that exists") from None
    if year not in VALID_YEARS:
        raise InvalidRecord(f"must be in the years from {VALID_YEARS.start} to {VALID_YEARS.stop - 1}")
    return value
