"""Requests to every endpoint that writes, about an SMS of both accounts, of one, or of none."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest

from smsreports.ingest.gateways import load_gateways
from tests.conftest import NOON, broadcast_line, click_line, message_line, receipt_line, send_line
from tests.isolation.routes import Route, list_routes

# Parameters of each gateway's callback; `{}` is the number in the id of ours or of the carrier.
CALLBACK_PARAMS: Mapping[str, Mapping[str, str]] = {
    "jasmin": {"level": "2", "message_status": "UNDELIV", "id": "c-{}"},
    "kannel": {"type": "2", "at": "1770984120", "text": "", "message_id": "c-{}"},
}


@dataclass(frozen=True)
class WriteRequest:
    """Request that writes."""

    url: str
    body: bytes = b""
    content_type: str = "application/x-ndjson"
    method: str = "POST"


def build_records(number: str, account: str | None) -> Iterator[str]:
    """Yield a line of each type about the SMS `number`; None as `account` leaves it to the key."""
    yield message_line(
        account=account, client_message_id=f"m-{number}", request_id=f"r-{number}", message_id=f"c-{number}"
    )
    yield broadcast_line(account=account, broadcast=f"b-{number}")
    yield send_line(account=account, broadcast=f"b-{number}", message_id=f"s-{number}")
    for reference in (
        {"client_message_id": f"m-{number}"},
        {"message_id": f"c-{number}"},
        {"message_id": f"s-{number}"},
    ):
        yield receipt_line(account=account, status="REJECTD", status_code="077", at=NOON, **reference)
    yield click_line(account=account, message_id=f"s-{number}")
    yield click_line(type="action", account=account, message_id=f"s-{number}", action_type="deposit")


def _build_ingest_requests(route: Route, number: str, account: str | None) -> Iterator[WriteRequest]:
    """Yield a request for each line, so that every line has its own response."""
    for line in build_records(number, account):
        yield WriteRequest(route.build_path(), line.encode())


def _build_callback_requests(route: Route, number: str, account: str | None) -> Iterator[WriteRequest]:
    for gateway in load_gateways():
        params = {name: value.format(number) for name, value in CALLBACK_PARAMS[gateway].items()}
        for query in (params, params | {"client_message_id": f"m-{number}"}):
            path = route.build_path(gateway=gateway)
            yield WriteRequest(f"{path}?{urlencode(query)}", method="GET")
            yield WriteRequest(path, urlencode(query).encode(), "application/x-www-form-urlencoded")


# By the name of the URL pattern.
REQUEST_BUILDERS: dict[str, Callable[[Route, str, str | None], Iterator[WriteRequest]]] = {
    "telecom23-ingest-create": _build_ingest_requests,
    "telecom23-gateways-receive": _build_callback_requests,
}


def list_write_routes() -> list[Route]:
    return [route for route in list_routes() if route.is_write]


def build_write_requests(route: Route, number: str, account: str | None = None) -> list[WriteRequest]:
    """Return every write at the route about the SMS of this number. Fails the test when the route is unknown."""
    if route.name not in REQUEST_BUILDERS:
        pytest.fail(f"{route.pattern}: add {route.name!r} to REQUEST_BUILDERS in tests/isolation/write_requests.py")
    return list(REQUEST_BUILDERS[route.name](route, number, account))
