"""JSON schemas of the records, built from the tables that parse them."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from smsreports.ingest import field_parsers
from smsreports.ingest.records import MAX_LINE_BYTES, RECORD_KINDS, FieldParser, FieldSpec
from smsreports.openapi.schemas import WITHOUT_NUL, Schema, const_of, enum_of, nullable, reference_to
from smsreports.openapi.spec import Body
from smsreports.sms.statuses import FINAL, NAMES

COST_REGEX = f"^{field_parsers.COST_PATTERN.pattern}$"
# The description adds what `format` does not say; see `openapi.schemas.DATETIME` for why there is no pattern.
DATETIME_SCHEMA: Schema = {
    "type": "string",
    "format": "date-time",
    "description": "With seconds, at most 6 decimals of them, and a zone at most 14 hours from UTC, `T` and `Z` in "
    f"capitals; in a year from {field_parsers.VALID_YEARS.start} to {field_parsers.VALID_YEARS.stop - 1}.",
}
PARSER_SCHEMAS: Mapping[FieldParser, Schema] = {
    field_parsers.parse_phone: {"type": "string", "pattern": f"^{field_parsers.PHONE_PATTERN.pattern}$"},
    field_parsers.parse_country: {"type": "string", "pattern": f"^{field_parsers.COUNTRY_PATTERN.pattern}$"},
    field_parsers.parse_status: enum_of(NAMES),
    field_parsers.parse_segments: {
        "type": "integer",
        "format": "int64",
        "minimum": 1,
        "maximum": field_parsers.MAX_SEGMENTS,
    },
    field_parsers.parse_cost: {
        "type": ["string", "number"],
        "format": "double",
        "pattern": COST_REGEX,
        "minimum": 0,
        "maximum": 999999.999999,
    },
    field_parsers.parse_datetime: DATETIME_SCHEMA,
}


def require_key(name: str, schema: Schema | None = None) -> Schema:
    """Return a schema that requires the key to be present and not null."""
    return {"required": [name], "properties": {name: schema or {"type": "string"}}}


# Rules across the fields of a kind. They use keywords that client generators ignore: from `oneOf` or `allOf` beside
# `properties` generators make extra types.
FINAL_IF_DELIVERED: Schema = {"if": require_key("delivered_at"), "then": require_key("status", enum_of(FINAL))}
COMPLETE_ACTION: Schema = {
    "if": require_key("action_type"),
    "then": require_key("action_at"),
    "else": {"not": require_key("action_at")},
}
KIND_RULES: Mapping[str, Mapping[str, Any]] = {
    "message": FINAL_IF_DELIVERED,
    "send": FINAL_IF_DELIVERED | {"dependentSchemas": dict.fromkeys(("action_type", "action_at"), COMPLETE_ACTION)},
    "receipt": {
        "if": require_key("client_message_id"),
        "then": {"not": require_key("message_id")},
        "else": require_key("message_id"),
    },
}
EXAMPLE_LINES = (
    '{"type": "message", "client_message_id": "api_42_1", "recipient": "+14155551234", "sender_id": "MyApp", '
    '"message": "Your verification code is 847291", "status": "DELIVRD", "status_code": "000", "cost": "0.0085", '
    '"created_at": "2026-02-13T10:30:00Z", "delivered_at": "2026-02-13T10:30:04Z"}\n'
)


def build_field_schema(field: FieldSpec) -> Schema:
    schema = _build_text_schema(field.parse) if isinstance(field.parse, partial) else PARSER_SCHEMAS[field.parse]
    if field.default is None:
        return schema
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return nullable(schema) if len(types) == 1 else {**schema, "type": [*types, "null"]}


def _build_text_schema(parse: "partial[str]") -> Schema:
    max_length, allow_empty = parse.args
    return {"type": "string", "minLength": 0 if allow_empty else 1, "maxLength": max_length, "pattern": WITHOUT_NUL}


def build_record_schema(kind: str, fields_of_kind: Mapping[str, FieldSpec]) -> Schema:
    return {
        "type": "object",
        "properties": {
            "type": const_of(kind),
            "account": {"type": ["string", "null"], "description": "The API key's own account. May be left out."},
            **{name: build_field_schema(field) for name, field in fields_of_kind.items()},
        },
        "required": ["type", *(name for name, field in fields_of_kind.items() if field.default is None)],
        "additionalProperties": False,
        **KIND_RULES.get(kind, {}),
    }


RECORD_SCHEMAS = {
    f"{kind.capitalize()}Record": build_record_schema(kind, fields) for kind, (fields, _, _) in RECORD_KINDS.items()
}
RECORD_SCHEMA: Schema = {
    "oneOf": [reference_to(name) for name in RECORD_SCHEMAS],
    "discriminator": {
        "propertyName": "type",
        "mapping": {kind: reference_to(f"{kind.capitalize()}Record")["$ref"] for kind in RECORD_KINDS},
    },
}


def build_body_spec(media_type: str, max_lines: int, max_bytes: int) -> Body:
    """Return the body's spec. `contentSchema` documents the lines without requiring them: bad lines are reported."""
    return Body(
        media_type,
        f"One JSON object per line of at most {MAX_LINE_BYTES} bytes; up to {max_lines} lines and {max_bytes} bytes, "
        "uncompressed. May be compressed: `Content-Encoding: gzip`.",
        {"type": "string", "contentMediaType": media_type, "contentSchema": reference_to("TrafficRecord")},
        EXAMPLE_LINES,
    )
