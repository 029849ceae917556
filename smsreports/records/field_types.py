"""Types of the values of a record: how a value is parsed, staged and described."""

from dataclasses import dataclass

from smsreports.openapi.schemas import WITHOUT_NUL, Schema, enum_of
from smsreports.records import field_parsers
from smsreports.records.field_parsers import FieldParser
from smsreports.sms.statuses import NAMES

# Far above the record of any SMS.
MAX_LINE_BYTES = 16 * 1024


@dataclass(frozen=True)
class FieldType:
    """Type of a key's values: the parser, the published schema and the type of the staged column."""

    parse: FieldParser
    schema: Schema
    sql_type: str = "text"


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
PHONE = FieldType(field_parsers.parse_phone, {"type": "string", "pattern": f"^{field_parsers.PHONE_PATTERN.pattern}$"})
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
