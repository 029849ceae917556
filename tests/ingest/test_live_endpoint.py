"""The ingest endpoint of a running server: chunked, slow, incomplete and oversized bodies."""

import gzip
import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from select import select
from typing import Any

import pytest
import requests

from smsreports.accounts.models import Scope
from smsreports.concurrency.limits import LOADS
from smsreports.ingest.views import MAX_BODY_BYTES
from tests.conftest import ALL_DAYS, LiveServer
from tests.ingest.conftest import message
from tests.server import HOST, Server
from tests.waiting import SOON, within

INGEST_PATH = "/api/v1/ingest"
LINES = [json.dumps(message(f"m-{number}")).encode() + b"\n" for number in range(20)]


@pytest.fixture(scope="module")
def headers(live: LiveServer) -> dict[str, str]:
    live.load_lines([json.dumps(message("m-0"))])
    return {"X-API-Key": live.create_key("acme", Scope.WRITE), "Content-Type": "application/x-ndjson"}


def post(live: LiveServer, headers: dict[str, str], data: Any, **extra_headers: str) -> Any:
    return requests.post(live.url + INGEST_PATH, data=data, headers=headers | extra_headers, timeout=SOON)


def count_messages(live: LiveServer) -> int:
    key = {"X-API-Key": live.create_key("acme")}
    response = requests.get(f"{live.url}/api/v1/sms/messages", ALL_DAYS, headers=key, timeout=SOON)
    return int(response.json()["total"])


def start_request(server: Server, headers: dict[str, str], body: bytes, **extra_headers: str) -> socket.socket:
    """Return a connection on which the head of a request and this part of its body were sent."""
    connection = socket.create_connection((HOST, server.port), timeout=30)
    fields = (
        headers
        | {"Host": HOST, "Connection": "close"}
        | {name.replace("_", "-"): value for name, value in extra_headers.items()}
    )
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    connection.sendall(f"POST {INGEST_PATH} HTTP/1.1\r\n{head}\r\n".encode() + body)
    return connection


def read_response(connection: socket.socket) -> tuple[int, dict[str, Any]]:
    with closing(connection), connection.makefile("rb") as response:
        head, _, body = response.read().partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


@pytest.mark.parametrize("compressed", [False, True])
def test_a_chunked_body_is_loaded(live: LiveServer, headers: dict[str, str], compressed: bool) -> None:
    def pieces() -> Iterator[bytes]:
        whole = b"".join(LINES)
        whole = gzip.compress(whole) if compressed else whole
        yield from (whole[start : start + 100] for start in range(0, len(whole), 100))

    response = post(live, headers, pieces(), **({"Content-Encoding": "gzip"} if compressed else {}))
    assert response.json()["accepted"] + response.json()["duplicates"] == len(LINES)
    assert count_messages(live) == len(LINES)


@pytest.mark.parametrize(
    ("content", "extra_headers"),
    [
        (b"".join(LINES), {"Content_Length": "99999"}),
        (b"400\r\n" + LINES[0], {"Transfer_Encoding": "chunked"}),
        (b"%x\r\n" % len(LINES[0]) + LINES[0] + b"\r\n", {"Transfer_Encoding": "chunked"}),
        (b"%x\r\n" % len(LINES[0]) + LINES[0] + b"rest", {"Transfer_Encoding": "chunked"}),
        (b"5\r\n{}{}\n\r\n0\r\nno trailer\r\n\r\n", {"Transfer_Encoding": "chunked"}),
    ],
)
def test_an_incomplete_body_is_rejected(
    gunicorn: Server, headers: dict[str, str], content: bytes, extra_headers: dict[str, str]
) -> None:
    connection = start_request(gunicorn, headers, content, **extra_headers)
    connection.shutdown(socket.SHUT_WR)
    status, body = read_response(connection)
    assert (status, body["error_code"]) == (400, "INVALID_PARAMS")


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_large_is_rejected(live: LiveServer, headers: dict[str, str], chunked: bool) -> None:
    whole = b" " * (MAX_BODY_BYTES + 1)
    pieces = (whole[start : start + 2**16] for start in range(0, len(whole), 2**16))
    response = post(live, headers, pieces if chunked else whole)
    assert (response.status_code, response.json()["error_code"]) == (413, "TOO_LARGE")


def test_decompression_bombs_are_stopped_in_bounded_memory(
    live: LiveServer, gunicorn: Server, headers: dict[str, str]
) -> None:
    bomb = gzip.compress(bytes(2**27))
    for _ in range(5):
        gunicorn.reset_peak_memory()
        before = gunicorn.memory()
        response = post(live, headers, bomb, **{"Content-Encoding": "gzip"})
        assert (response.status_code, response.json()["error_code"]) == (413, "TOO_LARGE")
        assert gunicorn.peak_memory() - before < 3 * MAX_BODY_BYTES


def test_slow_bodies_block_only_the_slots_of_their_account(
    live: LiveServer, gunicorn: Server, headers: dict[str, str]
) -> None:
    with slow_bodies(live, gunicorn, headers) as connections:
        response = post(live, headers, LINES[0])
        assert (response.status_code, response.json()["error_code"]) == (503, "UNAVAILABLE")
        assert int(response.headers["Retry-After"]) > 0
        assert count_messages(live) > 0
        # None of the slow requests was dropped to free a slot.
        assert select(connections, [], [], 0) == ([], [], [])
    within(SOON, lambda: post(live, headers, LINES[0]).status_code == 200)
    assert post(live, headers, LINES[0]).json()["duplicates"] == 1


@contextmanager
def slow_bodies(live: LiveServer, gunicorn: Server, headers: dict[str, str]) -> Iterator[list[socket.socket]]:
    """Open connections with unfinished bodies, which hold all slots of the account."""
    connections: list[socket.socket] = []

    def are_slots_taken() -> bool:
        # A connection that came while a slot was still taken has an error response by now.
        for rejected in select(connections, [], [], 0)[0]:
            connections.remove(rejected)
        while len(connections) < LOADS.max_running_per_account:
            connections.append(
                stack.enter_context(closing(start_request(gunicorn, headers, b"{}", Content_Length="99")))
            )
        return bool(post(live, headers, LINES[0]).status_code == 503)

    with ExitStack() as stack:
        within(SOON, are_slots_taken)
        yield connections


def test_a_client_rejected_while_sending_gets_the_response(
    live: LiveServer, gunicorn: Server, headers: dict[str, str]
) -> None:
    whole = b" " * (MAX_BODY_BYTES - 1)
    with slow_bodies(live, gunicorn, headers):
        assert {post(live, headers, whole).status_code for _ in range(5)} == {503}
    within(SOON, lambda: post(live, headers, LINES[0]).status_code == 200)  # the slots of closed connections are free
    assert {post(live, headers, whole, **{"Content-Type": "text/csv"}).status_code for _ in range(5)} == {415}
    assert {post(live, headers, whole * 2).status_code for _ in range(5)} == {413}


def test_a_missing_database_is_answered_with_503(without_database: Server, headers: dict[str, str]) -> None:
    response = requests.post(without_database.url + INGEST_PATH, data=LINES[0], headers=headers, timeout=30)
    assert (response.status_code, response.json()["error_code"]) == (503, "UNAVAILABLE")
    assert int(response.headers["Retry-After"]) > 0


@pytest.mark.parametrize("gateway", ["jasmin", "kannel", "nobody"])
def test_a_key_in_a_url_is_not_logged(
    live: LiveServer, gunicorn: Server, headers: dict[str, str], gateway: str
) -> None:
    key = headers["X-API-Key"]
    for credential in (key, key[:-1], f"{key}&key={key}"):
        response = requests.get(f"{live.url}/api/v1/gateways/{gateway}?key={credential}&type=x&level=x", timeout=30)
        assert response.status_code in (400, 401, 404)
        assert key[:-1] not in response.text
    assert key[:-1] not in gunicorn.log.read_text()
