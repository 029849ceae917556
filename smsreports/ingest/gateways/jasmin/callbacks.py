"""Jasmin's callbacks: level 1 tells what the SMSC said to the message, level 2 what became of it.

Whoever asks for level 3 gets one of each. Source: "Receiving DLR" in Jasmin's documentation, and its `DLRThrower`.
"""

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

LEVELS = ("1", "2", "3")
# A status of a command, at level 1: this one, or an error of which there are many.
COMMAND_PREFIX, ACCEPTED_STATUS = "ESME_", "ESME_ROK"
# What a status code can hold; a few names of errors are longer.
MAX_CODE_LENGTH = 16
# What Jasmin says where the SMSC's receipt said nothing.
EMPTY_VALUES = ("", "ND")
PARAMETERS = (
    Parameter("level", "What the callback is about. Needed.", enum_of(LEVELS)),
    Parameter("message_status", "A state of SMPP, or a status `ESME_…` of a command. Needed.", TEXT_SCHEMA),
    Parameter("id", "The message by Jasmin's id, where `client_message_id` is not given.", TEXT_SCHEMA),
    Parameter("err", "The SMSC's error code.", {"type": "string"}),
    Parameter("donedate", "When it was done, by the SMSC's clock: `YYMMDDhhmm`.", {"type": "string"}),
    Parameter("tz", "The zone of that clock; left out: UTC.", {"type": "string"}, "Europe/Berlin"),
)


def parse_callback(params: CallbackParams) -> ReceiptRecord:
    if params.get("level") not in LEVELS:
        raise InvalidRecord(f"level: must be one of {', '.join(LEVELS)}")
    message_status = get_required_param(params, "message_status")
    if message_status == ACCEPTED_STATUS:
        return build_receipt(params, "id", "sent")
    if message_status.startswith(COMMAND_PREFIX):
        return build_receipt(
            params,
            "id",
            "REJECTD",
            smpp.parse_error_code(message_status.removeprefix(COMMAND_PREFIX)[:MAX_CODE_LENGTH]),
        )
    code, done = params.get("err", ""), params.get("donedate", "")
    return build_receipt(
        params,
        "id",
        smpp.parse_state(message_status),
        "" if code in EMPTY_VALUES else smpp.parse_error_code(code),
        None if done in EMPTY_VALUES else smpp.parse_date(done, smpp.parse_time_zone(params)),
    )
