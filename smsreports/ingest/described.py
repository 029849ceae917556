"""The published shape of a record, from the tables by which its values are read."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from smsreports.dialects.described import Body
from smsreports.dialects.shapes import WITHOUT_NUL, Schema, maybe, only, ref, words
from smsreports.ingest import fields
from smsreports.ingest.records import LONGEST_LINE, SHAPES, Field, Reader
from smsreports.statuses import FINAL, NAMES

COST = f"^{fields.COST.pattern}$"
# What the format leaves open; see `shapes.MOMENT` for why there is no pattern.
MOMENT: Schema = {
    "type": "string",
    "format": "date-time",
    "description": "With seconds, at most 6 decimals of them, and a zone at most 14 hours from UTC, `T` and `Z` in "
    f"capitals; in a year from {fields.YEARS.start} to {fields.YEARS.stop - 1}.",
}
READ_AS: Mapping[Reader, Schema] = {
    fields.number_of_phone: {"type": "string", "pattern": f"^{fields.PHONE.pattern}$"},
    fields.country_code: {"type": "string", "pattern": f"^{fields.COUNTRY.pattern}$"},
    fields.status: words(NAMES),
    fields.part_count: {"type": "integer", "format": "int64", "minimum": 1, "maximum": fields.MOST_SEGMENTS},
    fields.cost: {
        "type": ["string", "number"],
        "format": "double",
        "pattern": COST,
        "minimum": 0,
        "maximum": 999999.999999,
    },
    fields.moment: MOMENT,
}


def given(name: str, shape: Schema | None = None) -> Schema:
    """That a key is there, and not null."""
    return {"required": [name], "properties": {name: shape or {"type": "string"}}}


# What the code of a kind checks beside its fields. Said by keywords that generators of clients pass over: from `oneOf`
# or `allOf` beside `properties` they make other types.
FINAL_IF_DELIVERED: Schema = {"if": given("delivered_at"), "then": given("status", words(FINAL))}
WHOLE_ACTION: Schema = {"if": given("action_type"), "then": given("action_at"), "else": {"not": given("action_at")}}
RULES: Mapping[str, Mapping[str, Any]] = {
    "message": FINAL_IF_DELIVERED,
    "send": FINAL_IF_DELIVERED | {"dependentSchemas": dict.fromkeys(("action_type", "action_at"), WHOLE_ACTION)},
    "receipt": {
        "if": given("client_message_id"),
        "then": {"not": given("message_id")},
        "else": given("message_id"),
    },
}
EXAMPLE = (
    '{"type": "message", "client_message_id": "api_42_1", "recipient": "+14155551234", "sender_id": "MyApp", '
    '"message": "Your verification code is 847291", "status": "DELIVRD", "status_code": "000", "cost": "0.0085", '
    '"created_at": "2026-02-13T10:30:00Z", "delivered_at": "2026-02-13T10:30:04Z"}\n'
)


def value(field: Field) -> Schema:
    shape = _text(field.read) if isinstance(field.read, partial) else READ_AS[field.read]
    if field.default is None:
        return shape
    kinds = shape["type"] if isinstance(shape["type"], list) else [shape["type"]]
    return maybe(shape) if len(kinds) == 1 else {**shape, "type": [*kinds, "null"]}


def _text(read: "partial[str]") -> Schema:
    longest, empty = read.args
    return {"type": "string", "minLength": 0 if empty else 1, "maxLength": longest, "pattern": WITHOUT_NUL}


def record(kind: str, known: Mapping[str, Field]) -> Schema:
    return {
        "type": "object",
        "properties": {
            "type": only(kind),
            "account": {"type": ["string", "null"], "description": "The key's own, or left out."},
            **{name: value(field) for name, field in known.items()},
        },
        "required": ["type", *(name for name, field in known.items() if field.default is None)],
        "additionalProperties": False,
        **RULES.get(kind, {}),
    }


RECORDS = {f"{kind.capitalize()}Record": record(kind, known) for kind, (known, _, _) in SHAPES.items()}
RECORD: Schema = {
    "oneOf": [ref(name) for name in RECORDS],
    "discriminator": {
        "propertyName": "type",
        "mapping": {kind: ref(f"{kind.capitalize()}Record")["$ref"] for kind in SHAPES},
    },
}


def body(media_type: str, most_lines: int, most_bytes: int) -> Body:
    """Any text is taken, and each bad line is named in the answer: a line's shape is told, not demanded."""
    return Body(
        media_type,
        f"One JSON object a line, {LONGEST_LINE} bytes at most; up to {most_lines} lines and {most_bytes} bytes, "
        "unpacked. May be packed: `Content-Encoding: gzip`.",
        {"type": "string", "contentMediaType": media_type, "contentSchema": ref("TrafficRecord")},
        EXAMPLE,
    )
