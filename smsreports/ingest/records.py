"""Parsing of a line of NDJSON into a row of a staging table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from smsreports.ingest import field_parsers
from smsreports.ingest.field_parsers import COPY_NULL, InvalidRecord
from smsreports.sms.countries import find_country
from smsreports.sms.segments import count_segments
from smsreports.sms.statuses import PENDING

# Far above the record of any SMS.
MAX_LINE_BYTES = 16 * 1024
FieldParser = Callable[[Any], str]


@dataclass(frozen=True)
class FieldSpec:
    """Parser and default of a record's key. A key that is absent or null gets `default`; without one it is required."""

    parse: FieldParser
    default: str | None = None


def make_optional(parse: FieldParser, default: str = COPY_NULL) -> FieldSpec:
    return FieldSpec(parse, default)


PARSE_ID, PARSE_CODE, PARSE_GROUP = (
    field_parsers.make_text_parser(128),
    field_parsers.make_text_parser(16, allow_empty=True),
    field_parsers.make_text_parser(64),
)
PARSE_SENDER, PARSE_BODY = (
    field_parsers.make_text_parser(32),
    field_parsers.make_text_parser(MAX_LINE_BYTES, allow_empty=True),
)

MESSAGE_FIELDS = {
    "client_message_id": FieldSpec(PARSE_ID),
    "request_id": make_optional(PARSE_ID),
    "message_id": make_optional(PARSE_ID),
    "recipient": FieldSpec(field_parsers.parse_phone),
    "country": make_optional(field_parsers.parse_country),
    "sender_id": FieldSpec(PARSE_SENDER),
    "message": FieldSpec(PARSE_BODY),
    "status": make_optional(field_parsers.parse_status, PENDING),
    "status_code": make_optional(PARSE_CODE, ""),
    "segments": make_optional(field_parsers.parse_segments),
    "cost": make_optional(field_parsers.parse_cost, "0"),
    "contact_group_id": make_optional(PARSE_GROUP),
    "created_at": FieldSpec(field_parsers.parse_datetime),
    "sent_at": make_optional(field_parsers.parse_datetime),
    "delivered_at": make_optional(field_parsers.parse_datetime),
}
BROADCAST_FIELDS = {
    "broadcast": FieldSpec(PARSE_ID),
    "name": FieldSpec(field_parsers.make_text_parser(200)),
    "message": FieldSpec(PARSE_BODY),
    "sender_id": FieldSpec(PARSE_SENDER),
    "contact_group_id": make_optional(PARSE_GROUP),
    "created_at": FieldSpec(field_parsers.parse_datetime),
}
SEND_FIELDS = {
    "broadcast": FieldSpec(PARSE_ID),
    "message_id": FieldSpec(PARSE_ID),
    "recipient": FieldSpec(field_parsers.parse_phone),
    "country": make_optional(field_parsers.parse_country),
    "sender_id": make_optional(PARSE_SENDER),
    "message": make_optional(PARSE_BODY),
    "status": make_optional(field_parsers.parse_status, PENDING),
    "status_code": make_optional(PARSE_CODE, ""),
    "segments": make_optional(field_parsers.parse_segments),
    "cost": make_optional(field_parsers.parse_cost, "0"),
    "sent_at": FieldSpec(field_parsers.parse_datetime),
    "delivered_at": make_optional(field_parsers.parse_datetime),
    "clicked_at": make_optional(field_parsers.parse_datetime),
    "action_type": make_optional(PARSE_GROUP),
    "action_at": make_optional(field_parsers.parse_datetime),
}
RECEIPT_FIELDS = {
    "client_message_id": make_optional(PARSE_ID),
    "message_id": make_optional(PARSE_ID),
    "status": FieldSpec(field_parsers.parse_status),
    "status_code": make_optional(PARSE_CODE, ""),
    "at": FieldSpec(field_parsers.parse_datetime),
}
CLICK_FIELDS = {"message_id": FieldSpec(PARSE_ID), "at": FieldSpec(field_parsers.parse_datetime)}
ACTION_FIELDS = {
    "message_id": FieldSpec(PARSE_ID),
    "action_type": FieldSpec(PARSE_GROUP),
    "at": FieldSpec(field_parsers.parse_datetime),
}


def parse_line(line: bytes) -> dict[str, Any]:
    """Return the JSON object of one line. Raises InvalidRecord."""
    if len(line) > MAX_LINE_BYTES:
        raise InvalidRecord(f"is longer than {MAX_LINE_BYTES} bytes")
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise InvalidRecord(f"is not JSON: {error.msg}") from None
    if not isinstance(record, dict):
        raise InvalidRecord("is not a JSON object")
    return record


def build_staging_row(record: Mapping[str, Any]) -> tuple[str, str]:
    """Return the record's staging table and its row in COPY's text format, without line and account.

    Raises InvalidRecord.
    """
    kind = record.get("type")
    if not isinstance(kind, str) or kind not in RECORD_KINDS:
        raise InvalidRecord(f"type: must be one of {', '.join(RECORD_KINDS)}")
    fields_of_kind, table, build = RECORD_KINDS[kind]
    if unknown := record.keys() - fields_of_kind.keys() - COMMON_KEYS:
        raise InvalidRecord(f"{', '.join(sorted(unknown))}: unknown in a record of type {kind}")
    return table, "\t".join(build(_parse_values(record, fields_of_kind), record))


def _parse_values(record: Mapping[str, Any], fields_of_kind: Mapping[str, FieldSpec]) -> dict[str, str]:
    values = {}
    for name, field in fields_of_kind.items():
        value = record.get(name)
        if value is None:
            if field.default is None:
                raise InvalidRecord(f"{name}: is missing")
            values[name] = field.default
            continue
        try:
            values[name] = field.parse(value)
        except InvalidRecord as error:
            raise InvalidRecord(f"{name}: {error}") from None
    return values


def _build_message_values(values: dict[str, str], record: Mapping[str, Any]) -> list[str]:
    _check_final_if_delivered(values)
    if values["request_id"] == COPY_NULL:
        values["request_id"] = values["client_message_id"]
    if values["segments"] == COPY_NULL:
        values["segments"] = str(count_segments(record["message"]))
    _fill_country(values, record)
    return [*values.values(), _get_status_time(values, "delivered_at", "sent_at", "created_at")]


def _build_broadcast_values(values: dict[str, str], record: Mapping[str, Any]) -> list[str]:
    return [*values.values(), str(count_segments(record["message"]))]


def _build_send_values(values: dict[str, str], record: Mapping[str, Any]) -> list[str]:
    _check_final_if_delivered(values)
    if (values["action_type"] == COPY_NULL) != (values["action_at"] == COPY_NULL):
        raise InvalidRecord("action_type and action_at: must be given together")
    if values["segments"] == COPY_NULL and values["message"] != COPY_NULL:
        values["segments"] = str(count_segments(record["message"]))
    _fill_country(values, record)
    return [*values.values(), _get_status_time(values, "delivered_at", "sent_at")]


def _build_receipt_values(values: dict[str, str], record: Mapping[str, Any]) -> list[str]:
    references = [name for name in ("client_message_id", "message_id") if values[name] != COPY_NULL]
    if len(references) != 1:
        raise InvalidRecord("client_message_id, message_id: exactly one must be given")
    return ["receipt", references[0], values[references[0]], values["status"], values["status_code"], "", values["at"]]


def _build_click_values(values: dict[str, str], record: Mapping[str, Any]) -> list[str]:
    return ["click", "message_id", values["message_id"], "", "", "", values["at"]]


def _build_action_values(values: dict[str, str], record: Mapping[str, Any]) -> list[str]:
    return ["action", "message_id", values["message_id"], "", "", values["action_type"], values["at"]]


def _fill_country(values: dict[str, str], record: Mapping[str, Any]) -> None:
    if values["country"] == COPY_NULL:
        values["country"] = find_country(record["recipient"]) or COPY_NULL


def _check_final_if_delivered(values: Mapping[str, str]) -> None:
    if values["delivered_at"] != COPY_NULL and not field_parsers.is_final(values["status"]):
        raise InvalidRecord(f"delivered_at: is given, but status {values['status']} is not final")


def _get_status_time(values: Mapping[str, str], *times: str) -> str:
    """Return the first of these times that the record has: the time at which its status was reported."""
    return next(values[name] for name in times if values[name] != COPY_NULL)


# Keys that a record of any kind may hold.
COMMON_KEYS = frozenset(("type", "account"))
# By type: the fields, the staging table and the function that builds its row.
RECORD_KINDS: dict[
    str, tuple[Mapping[str, FieldSpec], str, Callable[[dict[str, str], Mapping[str, Any]], list[str]]]
] = {
    "message": (MESSAGE_FIELDS, "stage_message", _build_message_values),
    "broadcast": (BROADCAST_FIELDS, "stage_broadcast", _build_broadcast_values),
    "send": (SEND_FIELDS, "stage_send", _build_send_values),
    "receipt": (RECEIPT_FIELDS, "stage_event", _build_receipt_values),
    "click": (CLICK_FIELDS, "stage_event", _build_click_values),
    "action": (ACTION_FIELDS, "stage_event", _build_action_values),
}
