"""Parser of Kannel's callbacks, with the parameters that docs/operators/gateways/kannel.md puts into its `dlr-url`.

Source: "SMS Delivery Reports" and "Parameters (Escape Codes)" in Kannel's user guide, and its `dlr.h`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

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
from smsreports.records.field_parsers import InvalidRecord


@dataclass(frozen=True)
class ReportType:
    """Status of a report type, and the more precise statuses that the SMSC's own text may give instead."""

    status: str
    refinements: tuple[str, ...] = ()


# Values of %d: delivered, not delivered, buffered, accepted by the SMSC, rejected by the SMSC, expired, unknown. Older
# versions report expired and unknown as not delivered.
REPORT_TYPES: Mapping[str, ReportType] = {
    "1": ReportType("DELIVRD"),
    "2": ReportType("UNDELIV", ("EXPIRED", "DELETED", "UNKNOWN", "REJECTD")),
    "4": ReportType("ENROUTE", ("ACCEPTD",)),
    "8": ReportType("sent"),
    "16": ReportType("REJECTD"),
    "34": ReportType("EXPIRED"),
    "66": ReportType("UNKNOWN"),
}
# Beginning of %A when the SMSC rejected a message; the number of the error follows if it is known.
NACK_PATTERN = re.compile(r"NACK/(0x[0-9a-fA-F]{1,8}|[0-9]{1,10})\b", re.ASCII)
# Seconds since 1970, up to the year 5138.
SECONDS_PATTERN = re.compile(r"[0-9]{1,11}", re.ASCII)
PARAMETERS = (
    Parameter("type", "`%d`: the kind of report. Required.", enum_of(REPORT_TYPES)),
    Parameter(
        "at", "`%T`: seconds since 1970. Required.", {"type": "string", "pattern": f"^{SECONDS_PATTERN.pattern}$"}
    ),
    Parameter("message_id", "`%F`: the SMSC's id of the message, used if `client_message_id` is missing.", TEXT_SCHEMA),
    Parameter("text", "`%A`: the SMSC's own text.", {"type": "string"}),
)


def parse_callback(params: CallbackParams) -> ReceiptRecord:
    """Return the receipt of a callback. Raises InvalidRecord."""
    report_type = REPORT_TYPES.get(params.get("type", ""))
    if report_type is None:
        raise InvalidRecord(f"type: must be one of {', '.join(REPORT_TYPES)}")
    text = params.get("text", "")
    fields = smpp.parse_receipt_text(text)
    state = smpp.STATUS_BY_STATE.get(fields.get("stat", "").upper(), "")
    status = state if state in report_type.refinements else report_type.status
    return build_receipt(params, "message_id", status, _parse_error_code(text, fields), _parse_time(params))


def _parse_error_code(text: str, fields: Mapping[str, str]) -> str:
    """Return the code of the field `err` or of a NACK, else "". Raises InvalidRecord."""
    if fields.get("err"):
        return smpp.parse_error_code(fields["err"])
    nack = NACK_PATTERN.match(text)
    return nack[1] if nack else ""


def _parse_time(params: CallbackParams) -> str:
    """Return the time of the report in ISO 8601. Raises InvalidRecord.

    It is Kannel's time, because the dates in the SMSC's text have no time zone.
    """
    seconds = get_required_param(params, "at")
    if not SECONDS_PATTERN.fullmatch(seconds):
        raise InvalidRecord(f"at: {seconds!r} is not a number of seconds since 1970")
    return datetime.fromtimestamp(int(seconds), UTC).isoformat()
