"""JSON schemas of the records, built from the kinds that parse them."""

from smsreports.ingest.loaders import get_loader_set
from smsreports.openapi.schemas import Schema, const_of, nullable, reference_to
from smsreports.openapi.spec import Body
from smsreports.records.field_types import MAX_LINE_BYTES
from smsreports.records.record_kinds import FieldSpec, RecordKind

EXAMPLE_LINES = (
    '{"type": "message", "client_message_id": "api_42_1", "recipient": "+14155551234", "sender_id": "MyApp", '
    '"message": "Your verification code is 847291", "status": "DELIVRD", "status_code": "000", "cost": "0.0085", '
    '"created_at": "2026-02-13T10:30:00Z", "delivered_at": "2026-02-13T10:30:04Z"}\n'
)


def build_field_schema(field: FieldSpec) -> Schema:
    return field.type.schema if field.default is None else nullable(field.type.schema)


def build_record_schema(name: str, kind: RecordKind) -> Schema:
    return {
        "type": "object",
        "properties": {
            "type": const_of(name),
            "account": {"type": ["string", "null"], "description": "The API key's own account. May be left out."},
            **{key: build_field_schema(field) for key, field in kind.fields.items()},
        },
        "required": ["type", *(key for key, field in kind.fields.items() if field.default is None)],
        "additionalProperties": False,
        **kind.rules,
    }


RECORD_SCHEMAS = {
    f"{name.capitalize()}Record": build_record_schema(name, kind) for name, kind in get_loader_set().kinds.items()
}
RECORD_SCHEMA: Schema = {
    "oneOf": [reference_to(name) for name in RECORD_SCHEMAS],
    "discriminator": {
        "propertyName": "type",
        "mapping": {name: reference_to(f"{name.capitalize()}Record")["$ref"] for name in get_loader_set().kinds},
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
