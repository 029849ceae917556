"""What a gateway is: how it tells what became of a message, and what it wants to hear."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from smsreports.ingest.field_parsers import InvalidRecord
from smsreports.openapi.schemas import Schema
from smsreports.openapi.spec import Parameter

# The parameters of a callback, each once; and a record of type receipt.
CallbackParams = Mapping[str, str]
ReceiptRecord = dict[str, str]


@dataclass(frozen=True)
class Gateway:
    """One kind of SMS gateway that calls us back, by GET or by POST of a form."""

    # The last part of its address.
    slug: str
    # What it says, as a receipt; without `at` where it names no time. Raises InvalidRecord.
    parse_callback: Callable[[CallbackParams], ReceiptRecord]
    # The body of the answer that lets it forget the callback.
    acknowledgement: str
    # What it says it by: the parameters that are its own, published.
    parameters: tuple[Parameter, ...] = ()


# Those of every gateway.
TEXT_SCHEMA: Schema = {"type": "string", "minLength": 1, "maxLength": 128}
CLIENT_ID_PARAMETER = Parameter(
    "client_message_id", "The message, by the id that the sender wrote into the address.", TEXT_SCHEMA
)


def build_receipt(
    params: CallbackParams, message_id_param: str, status: str, code: str = "", at: str | None = None
) -> ReceiptRecord:
    """A receipt for the message that the sender wrote into the callback's address, else for the one that the gateway
    names by the parameter `message_id`. Raises InvalidRecord."""
    client_id = params.get("client_message_id")
    reference = (
        {"client_message_id": client_id} if client_id else {"message_id": get_required_param(params, message_id_param)}
    )
    record = {"type": "receipt", **reference, "status": status, "status_code": code}
    return record | ({"at": at} if at is not None else {})


def get_required_param(params: CallbackParams, name: str) -> str:
    if not params.get(name):
        raise InvalidRecord(f"{name}: is missing")
    return params[name]
