"""Kannel's callbacks, by the parameters that docs/operators/gateways/kannel.md puts into its `dlr-url`.

Source: "SMS Delivery Reports" and "Parameters (Escape Codes)" in Kannel's user guide, and its `dlr.h`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from smsreports.ingest.field_parsers import InvalidRecord
from smsreports.ingest.gateways import smpp
from smsreports.ingest.gateways.base import (
    TEXT_SCHEMA,
    CallbackParams,
    ReceiptRecord,
    build_receipt,
    get_required_param,
)
from smsreports.openapi.schemas import enum_of
from smsreports.openapi.spec import Parameter


@dataclass(frozen=True)
class ReportType:
    """What a type of report says; the SMSC's own word may say it more exactly."""

    status: str
    refinements: tuple[str, ...] = ()


# By %d: delivered, not delivered, buffered, accepted by the SMSC, refused by it; expired and unknown are told apart
# from not delivered by newer versions alone.
REPORT_TYPES: Mapping[str, ReportType] = {
    "1": ReportType("DELIVRD"),
    "2": ReportType("UNDELIV", ("EXPIRED", "DELETED", "UNKNOWN", "REJECTD")),
    "4": ReportType("ENROUTE", ("ACCEPTD",)),
    "8": ReportType("sent"),
    "16": ReportType("REJECTD"),
    "34": ReportType("EXPIRED"),
    "66": ReportType("UNKNOWN"),
}
# What stands in %A when the SMSC refused a message, with the error's number where it is known.
NACK_PATTERN = re.compile(r"NACK/(0x[0-9a-fA-F]{1,8}|[0-9]{1,10})\b", re.ASCII)
# Seconds since 1970, up to the year 5138.
SECONDS_PATTERN = re.compile(r"[0-9]{1,11}", re.ASCII)
PARAMETERS = (
    Parameter("type", "`%d`: the kind of report. Needed.", enum_of(REPORT_TYPES)),
    Parameter("at", "`%T`: seconds since 1970. Needed.", {"type": "string", "pattern": f"^{SECONDS_PATTERN.pattern}$"}),
    Parameter("message_id", "`%F`: the message by the SMSC's id, where `client_message_id` is not given.", TEXT_SCHEMA),
    Parameter("text", "`%A`: the SMSC's own text.", {"type": "string"}),
)


def parse_callback(params: CallbackParams) -> ReceiptRecord:
    report_type = REPORT_TYPES.get(params.get("type", ""))
    if report_type is None:
        raise InvalidRecord(f"type: must be one of {', '.join(REPORT_TYPES)}")
    text = params.get("text", "")
    fields = smpp.parse_receipt_text(text)
    state = smpp.STATUS_BY_STATE.get(fields.get("stat", "").upper(), "")
    status = state if state in report_type.refinements else report_type.status
    return build_receipt(params, "message_id", status, _parse_error_code(text, fields), _parse_time(params))


def _parse_error_code(text: str, fields: Mapping[str, str]) -> str:
    if fields.get("err"):
        return smpp.parse_error_code(fields["err"])
    nack = NACK_PATTERN.match(text)
    return nack[1] if nack else ""


def _parse_time(params: CallbackParams) -> str:
    """By Kannel's clock, which knows its zone; the dates in the SMSC's text do not."""
    seconds = get_required_param(params, "at")
    if not SECONDS_PATTERN.fullmatch(seconds):
        raise InvalidRecord(f"at: {seconds!r} is not a number of seconds since 1970")
    return datetime.fromtimestamp(int(seconds), UTC).isoformat()
