"""One line of NDJSON into one row of a staging table, or the reason why not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from smsreports.ingest import fields
from smsreports.ingest.countries import country
from smsreports.ingest.fields import NULL, Refused
from smsreports.ingest.segments import segments
from smsreports.statuses import PENDING

# Far above any SMS; a longer line is not one.
LONGEST_LINE = 16 * 1024
Reader = Callable[[Any], str]


@dataclass(frozen=True)
class Field:
    """How a key of a record is read; one that is left out, or null, is `default`, or missed if that is None."""

    read: Reader
    default: str | None = None


def optional(read: Reader, default: str = NULL) -> Field:
    return Field(read, default)


ID, CODE, GROUP = fields.text(128), fields.text(16, empty=True), fields.text(64)
SENDER, BODY = fields.text(32), fields.text(LONGEST_LINE, empty=True)

MESSAGE = {
    "client_message_id": Field(ID),
    "request_id": optional(ID),
    "message_id": optional(ID),
    "recipient": Field(fields.number_of_phone),
    "country": optional(fields.country_code),
    "sender_id": Field(SENDER),
    "message": Field(BODY),
    "status": optional(fields.status, PENDING),
    "status_code": optional(CODE, ""),
    "segments": optional(fields.part_count),
    "cost": optional(fields.cost, "0"),
    "contact_group_id": optional(GROUP),
    "created_at": Field(fields.moment),
    "sent_at": optional(fields.moment),
    "delivered_at": optional(fields.moment),
}
BROADCAST = {
    "broadcast": Field(ID),
    "name": Field(fields.text(200)),
    "message": Field(BODY),
    "sender_id": Field(SENDER),
    "contact_group_id": optional(GROUP),
    "created_at": Field(fields.moment),
}
SEND = {
    "broadcast": Field(ID),
    "message_id": Field(ID),
    "recipient": Field(fields.number_of_phone),
    "country": optional(fields.country_code),
    "sender_id": optional(SENDER),
    "message": optional(BODY),
    "status": optional(fields.status, PENDING),
    "status_code": optional(CODE, ""),
    "segments": optional(fields.part_count),
    "cost": optional(fields.cost, "0"),
    "sent_at": Field(fields.moment),
    "delivered_at": optional(fields.moment),
    "clicked_at": optional(fields.moment),
    "action_type": optional(GROUP),
    "action_at": optional(fields.moment),
}
RECEIPT = {
    "client_message_id": optional(ID),
    "message_id": optional(ID),
    "status": Field(fields.status),
    "status_code": optional(CODE, ""),
    "at": Field(fields.moment),
}
CLICK = {"message_id": Field(ID), "at": Field(fields.moment)}
ACTION = {"message_id": Field(ID), "action_type": Field(GROUP), "at": Field(fields.moment)}


def parse(line: bytes) -> dict[str, Any]:
    """The JSON object of one line. Raises Refused."""
    if len(line) > LONGEST_LINE:
        raise Refused(f"is longer than {LONGEST_LINE} bytes")
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as fault:
        raise Refused(f"is not JSON: {fault.msg}") from None
    if not isinstance(record, dict):
        raise Refused("is not a JSON object")
    return record


def staged(record: Mapping[str, Any]) -> tuple[str, str]:
    """The staging table of `record` and its row there, as COPY's text format takes it, without line and account.

    Raises Refused.
    """
    kind = record.get("type")
    if not isinstance(kind, str) or kind not in SHAPES:
        raise Refused(f"type: must be one of {', '.join(SHAPES)}")
    known, table, build = SHAPES[kind]
    if strange := record.keys() - known.keys() - COMMON:
        raise Refused(f"{', '.join(sorted(strange))}: unknown in a record of type {kind}")
    return table, "\t".join(build(_read(record, known), record))


def _read(record: Mapping[str, Any], known: Mapping[str, Field]) -> dict[str, str]:
    values = {}
    for name, field in known.items():
        value = record.get(name)
        if value is None:
            if field.default is None:
                raise Refused(f"{name}: is missing")
            values[name] = field.default
            continue
        try:
            values[name] = field.read(value)
        except Refused as fault:
            raise Refused(f"{name}: {fault}") from None
    return values


def _message(values: dict[str, str], record: Mapping[str, Any]) -> list[str]:
    _final_if_delivered(values)
    if values["request_id"] == NULL:
        values["request_id"] = values["client_message_id"]
    if values["segments"] == NULL:
        values["segments"] = str(segments(record["message"]))
    _place(values, record)
    return [*values.values(), _status_at(values, "delivered_at", "sent_at", "created_at")]


def _broadcast(values: dict[str, str], record: Mapping[str, Any]) -> list[str]:
    return [*values.values(), str(segments(record["message"]))]


def _send(values: dict[str, str], record: Mapping[str, Any]) -> list[str]:
    _final_if_delivered(values)
    if (values["action_type"] == NULL) != (values["action_at"] == NULL):
        raise Refused("action_type and action_at: must be given together")
    if values["segments"] == NULL and values["message"] != NULL:
        values["segments"] = str(segments(record["message"]))
    _place(values, record)
    return [*values.values(), _status_at(values, "delivered_at", "sent_at")]


def _receipt(values: dict[str, str], record: Mapping[str, Any]) -> list[str]:
    given = [name for name in ("client_message_id", "message_id") if values[name] != NULL]
    if len(given) != 1:
        raise Refused("client_message_id, message_id: exactly one must be given")
    return ["receipt", given[0], values[given[0]], values["status"], values["status_code"], "", values["at"]]


def _click(values: dict[str, str], record: Mapping[str, Any]) -> list[str]:
    return ["click", "message_id", values["message_id"], "", "", "", values["at"]]


def _action(values: dict[str, str], record: Mapping[str, Any]) -> list[str]:
    return ["action", "message_id", values["message_id"], "", "", values["action_type"], values["at"]]


def _place(values: dict[str, str], record: Mapping[str, Any]) -> None:
    if values["country"] == NULL:
        values["country"] = country(record["recipient"]) or NULL


def _final_if_delivered(values: Mapping[str, str]) -> None:
    if values["delivered_at"] != NULL and not fields.is_final(values["status"]):
        raise Refused(f"delivered_at: is given, but status {values['status']} is not final")


def _status_at(values: Mapping[str, str], *times: str) -> str:
    """A record's status counts as reported at the first of these times that it has."""
    return next(values[name] for name in times if values[name] != NULL)


# What every record may hold beside its own keys.
COMMON = frozenset(("type", "account"))
SHAPES: dict[str, tuple[Mapping[str, Field], str, Callable[[dict[str, str], Mapping[str, Any]], list[str]]]] = {
    "message": (MESSAGE, "stage_message", _message),
    "broadcast": (BROADCAST, "stage_broadcast", _broadcast),
    "send": (SEND, "stage_send", _send),
    "receipt": (RECEIPT, "stage_event", _receipt),
    "click": (CLICK, "stage_event", _click),
    "action": (ACTION, "stage_event", _action),
}
