"""Kannel's callbacks, by the parameters that docs/operators/gateways/kannel.md puts into its `dlr-url`.

Source: "SMS Delivery Reports" and "Parameters (Escape Codes)" in Kannel's user guide, and its `dlr.h`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from smsreports.dialects.described import Parameter
from smsreports.dialects.shapes import words
from smsreports.ingest.fields import Refused
from smsreports.ingest.gateways import smpp
from smsreports.ingest.gateways.base import TEXT, Receipt, Said, needed, receipt


@dataclass(frozen=True)
class Kind:
    """What a type of report says; the SMSC's own word may say it more exactly."""

    status: str
    exactly: tuple[str, ...] = ()


# By %d: delivered, not delivered, buffered, accepted by the SMSC, refused by it; expired and unknown are told apart
# from not delivered by newer versions alone.
KINDS: Mapping[str, Kind] = {
    "1": Kind("DELIVRD"),
    "2": Kind("UNDELIV", ("EXPIRED", "DELETED", "UNKNOWN", "REJECTD")),
    "4": Kind("ENROUTE", ("ACCEPTD",)),
    "8": Kind("sent"),
    "16": Kind("REJECTD"),
    "34": Kind("EXPIRED"),
    "66": Kind("UNKNOWN"),
}
# What stands in %A when the SMSC refused a message, with the error's number where it is known.
REFUSED = re.compile(r"NACK/(0x[0-9a-fA-F]{1,8}|[0-9]{1,10})\b", re.ASCII)
# Seconds since 1970, up to the year 5138.
SECONDS = re.compile(r"[0-9]{1,11}", re.ASCII)
PARAMETERS = (
    Parameter("type", "`%d`: the kind of report. Needed.", words(KINDS)),
    Parameter("at", "`%T`: seconds since 1970. Needed.", {"type": "string", "pattern": f"^{SECONDS.pattern}$"}),
    Parameter("message_id", "`%F`: the message by the SMSC's id, where `client_message_id` is not given.", TEXT),
    Parameter("text", "`%A`: the SMSC's own text.", {"type": "string"}),
)


def receipt_of(said: Said) -> Receipt:
    kind = KINDS.get(said.get("type", ""))
    if kind is None:
        raise Refused(f"type: must be one of {', '.join(KINDS)}")
    text = said.get("text", "")
    told = smpp.fields(text)
    word = smpp.STATES.get(told.get("stat", "").upper(), "")
    status = word if word in kind.exactly else kind.status
    return receipt(said, "message_id", status, _code(text, told), _at(said))


def _code(text: str, told: Mapping[str, str]) -> str:
    if told.get("err"):
        return smpp.error(told["err"])
    refused = REFUSED.match(text)
    return refused[1] if refused else ""


def _at(said: Said) -> str:
    """By Kannel's clock, which knows its zone; the dates in the SMSC's text do not."""
    seconds = needed(said, "at")
    if not SECONDS.fullmatch(seconds):
        raise Refused(f"at: {seconds!r} is not a number of seconds since 1970")
    return datetime.fromtimestamp(int(seconds), UTC).isoformat()
