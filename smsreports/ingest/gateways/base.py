"""Interface of a gateway: the parser of its callbacks and the response that it expects."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from smsreports.openapi.schemas import Schema
from smsreports.openapi.spec import Parameter
from smsreports.records.field_parsers import InvalidRecord

# Parameters of a callback, each given once; and a record of type receipt.
CallbackParams = Mapping[str, str]
ReceiptRecord = dict[str, str]


@dataclass(frozen=True)
class Gateway:
    """SMS gateway that reports by GET or by POST of a form."""

    # Last part of the callback's URL.
    slug: str
    # Returns the callback as a receipt, without `at` if it names no time. Raises InvalidRecord.
    parse_callback: Callable[[CallbackParams], ReceiptRecord]
    # Response body on which the gateway stops repeating the callback.
    acknowledgement: str
    # The gateway's own parameters, for the API description.
    parameters: tuple[Parameter, ...] = ()


# Shared by all gateways.
TEXT_SCHEMA: Schema = {"type": "string", "minLength": 1, "maxLength": 128}
CLIENT_ID_PARAMETER = Parameter(
    "client_message_id", "The message, by the id that the sender wrote into the address.", TEXT_SCHEMA
)


def build_receipt(
    params: CallbackParams, message_id_param: str, status: str, code: str = "", at: str | None = None
) -> ReceiptRecord:
    """Return a receipt for a message.

    The message is the one with the `client_message_id` that the sender wrote into the callback's URL, or else the one
    that the gateway names in the parameter `message_id_param`. Raises InvalidRecord if both are missing.
    """
    client_id = params.get("client_message_id")
    reference = (
        {"client_message_id": client_id} if client_id else {"message_id": get_required_param(params, message_id_param)}
    )
    record = {"type": "receipt", **reference, "status": status, "status_code": code}
    return record | ({"at": at} if at is not None else {})


def get_required_param(params: CallbackParams, name: str) -> str:
    """Return a parameter. Raises InvalidRecord if it is missing or empty."""
    if not params.get(name):
        raise InvalidRecord(f"{name}: is missing")
    return params[name]
