"""Types of the values of a record: how a value is parsed, staged and described."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from smsreports.openapi.schemas import WITHOUT_NUL, Schema, enum_of
from smsreports.records import field_parsers
from smsreports.records.field_parsers import FieldParser
from smsreports.sms.phone_numbers import ASCII_MARKS
from smsreports.sms.statuses import NAMES

# ASCII only: patterns of JSON Schema have no portable classes for the rest.
NUMBER_SCHEMA_PATTERN = (
    rf"{ASCII_MARKS}*(\+{ASCII_MARKS}*|0{ASCII_MARKS}*0{ASCII_MARKS}*)?([0-9]{ASCII_MARKS}*){{1,15}}"
)
NAME_SCHEMA_PATTERN = "(?=[^A-Za-z]*[A-Za-z])(?!([^0-9]*[0-9]){7})[ -*,-~]{1,16}"
# Far above the record of any SMS.
MAX_LINE_BYTES = 16 * 1024


@dataclass(frozen=True)
class FieldType:
    """Type of a key's values: the parser, the published schema and the type of the staged column."""

    parse: FieldParser
    schema: Schema
    sql_type: str = "text"
    # Returns the parser for accounts with a default country. None if the country makes no difference.
    make_local_parser: Callable[[str], FieldParser] | None = None

    def get_parser(self, default_country: str) -> FieldParser:
        """Return the parser for an account with this default country, which may be empty."""
        return self.make_local_parser(default_country) if default_country and self.make_local_parser else self.parse


def make_phone_parser(default_country: str) -> FieldParser:
    return partial(field_parsers.parse_phone, default_country=default_country)


def make_text_type(max_length: int, *, allow_empty: bool = False) -> FieldType:
    """Return the type of text of up to `max_length` characters."""
    schema: Schema = {
        "type": "string",
        "minLength": 0 if allow_empty else 1,
        "maxLength": max_length,
        "pattern": WITHOUT_NUL,
    }
    return FieldType(field_parsers.make_text_parser(max_length, allow_empty=allow_empty), schema)


ID = make_text_type(128)
CODE = make_text_type(16, allow_empty=True)
WORD = make_text_type(64)
SENDER = make_text_type(32)
BODY = make_text_type(MAX_LINE_BYTES, allow_empty=True)
PHONE = FieldType(
    field_parsers.parse_phone,
    {
        "type": "string",
        "pattern": f"^({NUMBER_SCHEMA_PATTERN}|{NAME_SCHEMA_PATTERN})$",
        "description": "A phone number with `+` or `00` and its calling code, or without them where it is a national "
        "number of the account's default country or a valid number as it is; or a short code, or a name with a letter. "
        "Spaces, dashes, dots, slashes and brackets are ignored, and digits of any script are read.",
    },
    make_local_parser=make_phone_parser,
)
COUNTRY = FieldType(
    field_parsers.parse_country, {"type": "string", "pattern": f"^{field_parsers.COUNTRY_PATTERN.pattern}$"}
)
STATUS = FieldType(field_parsers.parse_status, enum_of(NAMES))
SEGMENTS = FieldType(
    field_parsers.parse_segments,
    {"type": "integer", "format": "int64", "minimum": 1, "maximum": field_parsers.MAX_SEGMENTS},
    "smallint",
)
COST = FieldType(
    field_parsers.parse_cost,
    {
        "type": ["string", "number"],
        "format": "double",
        "pattern": f"^{field_parsers.COST_PATTERN.pattern}$",
        "minimum": 0,
        "maximum": 999999.999999,
    },
    "numeric(12,6)",
)
TIME = FieldType(
    field_parsers.parse_datetime,
    # The description adds what `format` does not say; see `openapi.schemas.DATETIME` for why there is no pattern.
    {
        "type": "string",
        "format": "date-time",
        "description": "With seconds, at most 6 decimals of them, and a zone at most 14 hours from UTC, `T` and `Z` in "
        f"capitals; in a year from {field_parsers.VALID_YEARS.start} to {field_parsers.VALID_YEARS.stop - 1}.",
    },
    "timestamptz",
)
