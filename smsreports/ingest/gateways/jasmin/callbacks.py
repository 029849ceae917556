"""Parser of Jasmin's callbacks. Level 1 reports the SMSC's response to the message, level 2 its delivery receipt.

A message that is sent with level 3 has one of each. Source: "Receiving DLR" in Jasmin's documentation, and its
`DLRThrower`.
"""

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

LEVELS = ("1", "2", "3")
# Command status at level 1: ESME_ROK, or one of many errors.
COMMAND_PREFIX, ACCEPTED_STATUS = "ESME_", "ESME_ROK"
# Length of a status code; a few names of errors are longer and are cut.
MAX_CODE_LENGTH = 16
# Values that Jasmin sends for fields that the SMSC's receipt lacks.
EMPTY_VALUES = ("", "ND")
PARAMETERS = (
    Parameter("level", "The kind of callback. Required.", enum_of(LEVELS)),
    Parameter("message_status", "An SMPP message state, or a command status `ESME_…`. Required.", TEXT_SCHEMA),
    Parameter("id", "Jasmin's id of the message, used if `client_message_id` is missing.", TEXT_SCHEMA),
    Parameter("err", "The SMSC's error code.", {"type": "string"}),
    Parameter("donedate", "Time of the final state by the SMSC's clock: `YYMMDDhhmm`.", {"type": "string"}),
    Parameter("tz", "Time zone of that clock. Default: UTC.", {"type": "string"}, "Europe/Berlin"),
)


def parse_callback(params: CallbackParams) -> ReceiptRecord:
    """Return the receipt of a callback. Raises InvalidRecord."""
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
