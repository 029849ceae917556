"""What a gateway is: how it tells what became of a message, and what it wants to hear."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from smsreports.dialects.described import Parameter
from smsreports.dialects.shapes import Schema
from smsreports.ingest.fields import Refused

# The parameters of a callback, each once; and a record of type receipt.
Said = Mapping[str, str]
Receipt = dict[str, str]


@dataclass(frozen=True)
class Gateway:
    """One kind of SMS gateway that calls us back, by GET or by POST of a form."""

    # The last part of its address.
    slug: str
    # What it says, as a receipt; without `at` where it names no time. Raises Refused.
    receipt: Callable[[Said], Receipt]
    # The body of the answer that lets it forget the callback.
    thanks: str
    # What it says it by: the parameters that are its own, published.
    parameters: tuple[Parameter, ...] = ()


# Those of every gateway.
TEXT: Schema = {"type": "string", "minLength": 1, "maxLength": 128}
CLIENT_ID = Parameter("client_message_id", "The message, by the id that the sender wrote into the address.", TEXT)


def receipt(said: Said, message_id: str, status: str, code: str = "", at: str | None = None) -> Receipt:
    """A receipt for the message that the sender wrote into the callback's address, else for the one that the gateway
    names by the parameter `message_id`. Raises Refused."""
    own = said.get("client_message_id")
    reference = {"client_message_id": own} if own else {"message_id": needed(said, message_id)}
    record = {"type": "receipt", **reference, "status": status, "status_code": code}
    return record | ({"at": at} if at is not None else {})


def needed(said: Said, name: str) -> str:
    if not said.get(name):
        raise Refused(f"{name}: is missing")
    return said[name]
