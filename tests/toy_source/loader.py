"""Loader of WhatsApp messages: fields, a key and columns. The generic merge does the rest."""

from smsreports.records import field_types
from smsreports.records.loader import Loader
from smsreports.records.record_kinds import (
    FINAL_IF_DELIVERED,
    FieldSpec,
    RecordKind,
    build_sms_values,
    list_staged_columns,
    make_optional,
)
from smsreports.records.sms_table import SmsTable
from smsreports.records.staging import StagingTable
from smsreports.sms.statuses import PENDING
from tests.toy_source.models import WhatsAppMessage

FIELDS = {
    "client_message_id": FieldSpec(field_types.ID),
    "message_id": make_optional(field_types.ID),
    "recipient": FieldSpec(field_types.PHONE),
    "country": make_optional(field_types.COUNTRY),
    "sender_id": FieldSpec(field_types.SENDER),
    "message": FieldSpec(field_types.BODY, column="text"),
    "template": make_optional(field_types.WORD),
    "status": make_optional(field_types.STATUS, PENDING),
    "status_code": make_optional(field_types.CODE, ""),
    "segments": make_optional(field_types.SEGMENTS),
    "cost": make_optional(field_types.COST, "0"),
    "created_at": FieldSpec(field_types.TIME),
    "delivered_at": make_optional(field_types.TIME),
}
MESSAGES = SmsTable(
    StagingTable("stage_whatsapp", {**list_staged_columns(FIELDS), "status_at": "timestamptz"}),
    WhatsAppMessage._meta.db_table,
    "client_message_id",
    {
        "recipient": "recipient",
        "country": "country",
        "sender_id": "sender_id",
        "text": "message",
        "template": "template",
        "segments": "segments",
        "cost": "cost",
        "created_at": "created_at",
    },
    references=("client_message_id", "message_id"),
)
LOADER = Loader({"whatsapp": RecordKind(FIELDS, MESSAGES.stage, build_sms_values, FINAL_IF_DELIVERED)}, MESSAGES)
