"""Records of broadcasts and sends: their keys, and the staging tables of their rows."""

from smsreports.openapi.schemas import Schema
from smsreports.records import field_types
from smsreports.records.field_parsers import COPY_NULL, InvalidRecord
from smsreports.records.record_kinds import (
    FINAL_IF_DELIVERED,
    FieldSpec,
    Record,
    RecordKind,
    Values,
    build_sms_values,
    list_staged_columns,
    make_optional,
    require_key,
)
from smsreports.records.staging import StagingTable
from smsreports.sms.segments import count_segments
from smsreports.sms.statuses import PENDING

BROADCAST_FIELDS = {
    "broadcast": FieldSpec(field_types.ID, column="key"),
    "name": FieldSpec(field_types.make_text_type(200)),
    "message": FieldSpec(field_types.BODY, column="text"),
    "sender_id": FieldSpec(field_types.SENDER),
    "contact_group_id": make_optional(field_types.WORD),
    "created_at": FieldSpec(field_types.TIME),
}
SEND_FIELDS = {
    "broadcast": FieldSpec(field_types.ID, column="broadcast_key"),
    "message_id": FieldSpec(field_types.ID),
    "recipient": FieldSpec(field_types.PHONE),
    "country": make_optional(field_types.COUNTRY),
    "sender_id": make_optional(field_types.SENDER),
    "message": make_optional(field_types.BODY, column="text"),
    "status": make_optional(field_types.STATUS, PENDING),
    "status_code": make_optional(field_types.CODE, ""),
    "segments": make_optional(field_types.SEGMENTS),
    "cost": make_optional(field_types.COST, "0"),
    "sent_at": FieldSpec(field_types.TIME),
    "delivered_at": make_optional(field_types.TIME),
    "clicked_at": make_optional(field_types.TIME),
    "action_type": make_optional(field_types.WORD),
    "action_at": make_optional(field_types.TIME),
}
COMPLETE_ACTION: Schema = {
    "if": require_key("action_type"),
    "then": require_key("action_at"),
    "else": {"not": require_key("action_at")},
}


def build_broadcast_values(values: Values, record: Record) -> list[str]:
    return [*values.values(), str(count_segments(str(record["message"])))]


def build_send_values(values: Values, record: Record) -> list[str]:
    """Return the staging row of a send. What it leaves out is filled from its broadcast by the merge."""
    row = build_sms_values(values, record)
    if (values["action_type"] == COPY_NULL) != (values["action_at"] == COPY_NULL):
        raise InvalidRecord("action_type and action_at: must be given together")
    return row


BROADCAST_KIND = RecordKind(
    BROADCAST_FIELDS,
    StagingTable("stage_broadcast", {**list_staged_columns(BROADCAST_FIELDS), "segments": "smallint"}),
    build_broadcast_values,
)
SEND_KIND = RecordKind(
    SEND_FIELDS,
    StagingTable(
        "stage_send",
        {**list_staged_columns(SEND_FIELDS), "status_at": "timestamptz"},
        filled_columns={"broadcast_id": "bigint"},
    ),
    build_send_values,
    FINAL_IF_DELIVERED | {"dependentSchemas": dict.fromkeys(("action_type", "action_at"), COMPLETE_ACTION)},
)
