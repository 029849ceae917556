"""What can be written at each door that writes, about an SMS that both accounts have, or one, or none."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest

from smsreports.ingest.gateways import load_gateways
from tests.conftest import NOON, broadcast, click, message, receipt, send
from tests.isolation.addresses import Address, addresses

# What each gateway says of a message, which it calls by our id or by the carrier's.
CALLS: Mapping[str, Mapping[str, str]] = {
    "jasmin": {"level": "2", "message_status": "UNDELIV", "id": "c-{}"},
    "kannel": {"type": "2", "at": "1770984120", "text": "", "message_id": "c-{}"},
}


@dataclass(frozen=True)
class Write:
    """One request that writes."""

    url: str
    body: bytes = b""
    kind: str = "application/x-ndjson"
    method: str = "POST"


def records(number: str, account: str | None) -> Iterator[str]:
    """A line of each type, by a key of `account` or naming it."""
    yield message(account=account, client_message_id=f"m-{number}", request_id=f"r-{number}", message_id=f"c-{number}")
    yield broadcast(account=account, broadcast=f"b-{number}")
    yield send(account=account, broadcast=f"b-{number}", message_id=f"s-{number}")
    for reference in (
        {"client_message_id": f"m-{number}"},
        {"message_id": f"c-{number}"},
        {"message_id": f"s-{number}"},
    ):
        yield receipt(account=account, status="REJECTD", status_code="077", at=NOON, **reference)
    yield click(account=account, message_id=f"s-{number}")
    yield click(type="action", account=account, message_id=f"s-{number}", action_type="deposit")


def _ingested(address: Address, number: str, account: str | None) -> Iterator[Write]:
    """A line each, so that each one's own answer shows."""
    for line in records(number, account):
        yield Write(address.path(), line.encode())


def _called_back(address: Address, number: str, account: str | None) -> Iterator[Write]:
    for gateway in load_gateways():
        said = {name: value.format(number) for name, value in CALLS[gateway].items()}
        for call in (said, said | {"client_message_id": f"m-{number}"}):
            path = address.path(gateway=gateway)
            yield Write(f"{path}?{urlencode(call)}", method="GET")
            yield Write(path, urlencode(call).encode(), "application/x-www-form-urlencoded")


# By the name of the address.
WRITES: Mapping[str, Callable[[Address, str, str | None], Iterator[Write]]] = {
    "telecom23-ingest-create": _ingested,
    "telecom23-gateways-receive": _called_back,
}


def writing() -> list[Address]:
    return [address for address in addresses() if address.writes]


def writes(address: Address, number: str, account: str | None = None) -> list[Write]:
    """Everything that can be written at the address about the SMS of this number."""
    if address.name not in WRITES:
        pytest.fail(
            f"{address.route}: add to WRITES in tests/isolation/writes.py, under {address.name!r}, what it takes"
        )
    return list(WRITES[address.name](address, number, account))
