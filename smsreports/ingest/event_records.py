"""Kinds of record that become events: receipts, clicks and actions. They refer to the SMS of any source."""

from collections.abc import Mapping

from smsreports.records import field_types
from smsreports.records.field_parsers import COPY_NULL, InvalidRecord
from smsreports.records.record_kinds import FieldSpec, Record, RecordKind, Values, make_optional, require_key
from smsreports.records.staging import EVENTS


def _build_receipt_values(values: Values, record: Record) -> list[str]:
    references = [name for name in ("client_message_id", "message_id") if values[name] != COPY_NULL]
    if len(references) != 1:
        raise InvalidRecord("client_message_id, message_id: exactly one must be given")
    return ["receipt", references[0], values[references[0]], values["status"], values["status_code"], "", values["at"]]


def _build_click_values(values: Values, record: Record) -> list[str]:
    return ["click", "message_id", values["message_id"], "", "", "", values["at"]]


def _build_action_values(values: Values, record: Record) -> list[str]:
    return ["action", "message_id", values["message_id"], "", "", values["action_type"], values["at"]]


EVENT_KINDS: Mapping[str, RecordKind] = {
    "receipt": RecordKind(
        {
            "client_message_id": make_optional(field_types.ID),
            "message_id": make_optional(field_types.ID),
            "status": FieldSpec(field_types.STATUS),
            "status_code": make_optional(field_types.CODE, ""),
            "at": FieldSpec(field_types.TIME),
        },
        EVENTS,
        _build_receipt_values,
        {
            "if": require_key("client_message_id"),
            "then": {"not": require_key("message_id")},
            "else": require_key("message_id"),
        },
    ),
    "click": RecordKind(
        {"message_id": FieldSpec(field_types.ID), "at": FieldSpec(field_types.TIME)}, EVENTS, _build_click_values
    ),
    "action": RecordKind(
        {
            "message_id": FieldSpec(field_types.ID),
            "action_type": FieldSpec(field_types.WORD),
            "at": FieldSpec(field_types.TIME),
        },
        EVENTS,
        _build_action_values,
    ),
}
