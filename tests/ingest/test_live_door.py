"""Records by HTTP at a server that really listens: bodies that come in pieces, late, not at all, or far too large."""

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
from tests.conftest import EVER, Live
from tests.ingest.conftest import message
from tests.server import HOST, Server
from tests.waiting import SOON, within

DOOR = "/api/v1/ingest"
LINES = [json.dumps(message(f"m-{number}")).encode() + b"\n" for number in range(20)]


@pytest.fixture(scope="module")
def headers(live: Live) -> dict[str, str]:
    live.load([json.dumps(message("m-0"))])
    return {"X-API-Key": live.key("acme", Scope.WRITE), "Content-Type": "application/x-ndjson"}


def post(live: Live, headers: dict[str, str], data: Any, **more: str) -> Any:
    return requests.post(live.url + DOOR, data=data, headers=headers | more, timeout=SOON)


def total(live: Live) -> int:
    key = {"X-API-Key": live.key("acme")}
    answer = requests.get(f"{live.url}/api/v1/sms/messages", EVER, headers=key, timeout=SOON)
    return int(answer.json()["total"])


def raw(server: Server, headers: dict[str, str], body: bytes, **more: str) -> socket.socket:
    """A connection on which this much of a request was sent."""
    connection = socket.create_connection((HOST, server.port), timeout=30)
    fields = (
        headers
        | {"Host": HOST, "Connection": "close"}
        | {name.replace("_", "-"): value for name, value in more.items()}
    )
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    connection.sendall(f"POST {DOOR} HTTP/1.1\r\n{head}\r\n".encode() + body)
    return connection


def answered(connection: socket.socket) -> tuple[int, dict[str, Any]]:
    with closing(connection), connection.makefile("rb") as answer:
        head, _, body = answer.read().partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


@pytest.mark.parametrize("packed", [False, True])
def test_a_body_in_chunks_is_loaded(live: Live, headers: dict[str, str], packed: bool) -> None:
    def pieces() -> Iterator[bytes]:
        whole = b"".join(LINES)
        whole = gzip.compress(whole) if packed else whole
        yield from (whole[start : start + 100] for start in range(0, len(whole), 100))

    answer = post(live, headers, pieces(), **({"Content-Encoding": "gzip"} if packed else {}))
    assert answer.json()["accepted"] + answer.json()["duplicates"] == len(LINES)
    assert total(live) == len(LINES)


@pytest.mark.parametrize(
    ("sent", "more"),
    [
        (b"".join(LINES), {"Content_Length": "99999"}),
        (b"400\r\n" + LINES[0], {"Transfer_Encoding": "chunked"}),
        (b"%x\r\n" % len(LINES[0]) + LINES[0] + b"\r\n", {"Transfer_Encoding": "chunked"}),
        (b"%x\r\n" % len(LINES[0]) + LINES[0] + b"rest", {"Transfer_Encoding": "chunked"}),
        (b"5\r\n{}{}\n\r\n0\r\nno trailer\r\n\r\n", {"Transfer_Encoding": "chunked"}),
    ],
)
def test_a_body_that_breaks_off_is_refused(
    gunicorn: Server, headers: dict[str, str], sent: bytes, more: dict[str, str]
) -> None:
    connection = raw(gunicorn, headers, sent, **more)
    connection.shutdown(socket.SHUT_WR)
    status, body = answered(connection)
    assert (status, body["error_code"]) == (400, "INVALID_PARAMS")


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_large_is_refused(live: Live, headers: dict[str, str], chunked: bool) -> None:
    whole = b" " * (MAX_BODY_BYTES + 1)
    pieces = (whole[start : start + 2**16] for start in range(0, len(whole), 2**16))
    answer = post(live, headers, pieces if chunked else whole)
    assert (answer.status_code, answer.json()["error_code"]) == (413, "TOO_LARGE")


def test_bombs_are_stopped_in_bounded_memory(live: Live, gunicorn: Server, headers: dict[str, str]) -> None:
    bomb = gzip.compress(bytes(2**27))
    for _ in range(5):
        gunicorn.forget_peak()
        before = gunicorn.memory()
        answer = post(live, headers, bomb, **{"Content-Encoding": "gzip"})
        assert (answer.status_code, answer.json()["error_code"]) == (413, "TOO_LARGE")
        assert gunicorn.peak() - before < 3 * MAX_BODY_BYTES


def test_slow_bodies_take_their_accounts_places_and_nothing_else(
    live: Live, gunicorn: Server, headers: dict[str, str]
) -> None:
    with slow_bodies(live, gunicorn, headers) as held:
        answer = post(live, headers, LINES[0])
        assert (answer.status_code, answer.json()["error_code"]) == (503, "UNAVAILABLE")
        assert int(answer.headers["Retry-After"]) > 0
        assert total(live) > 0
        # None of them was given up to make room.
        assert select(held, [], [], 0) == ([], [], [])
    within(SOON, lambda: post(live, headers, LINES[0]).status_code == 200)
    assert post(live, headers, LINES[0]).json()["duplicates"] == 1


@contextmanager
def slow_bodies(live: Live, gunicorn: Server, headers: dict[str, str]) -> Iterator[list[socket.socket]]:
    """Connections on which a body has begun, and which hold all the places of the account."""
    held: list[socket.socket] = []

    def are_all_held() -> bool:
        # One that came while a place was still taken has its refusal by now.
        for refused in select(held, [], [], 0)[0]:
            held.remove(refused)
        while len(held) < LOADS.max_running_per_account:
            held.append(stack.enter_context(closing(raw(gunicorn, headers, b"{}", Content_Length="99"))))
        return bool(post(live, headers, LINES[0]).status_code == 503)

    with ExitStack() as stack:
        within(SOON, are_all_held)
        yield held


def test_who_is_refused_while_sending_gets_the_answer(live: Live, gunicorn: Server, headers: dict[str, str]) -> None:
    whole = b" " * (MAX_BODY_BYTES - 1)
    with slow_bodies(live, gunicorn, headers):
        assert {post(live, headers, whole).status_code for _ in range(5)} == {503}
    assert {post(live, headers, whole, **{"Content-Type": "text/csv"}).status_code for _ in range(5)} == {415}
    assert {post(live, headers, whole * 2).status_code for _ in range(5)} == {413}


def test_a_database_that_is_gone_is_told_as_a_pause(without_database: Server, headers: dict[str, str]) -> None:
    answer = requests.post(without_database.url + DOOR, data=LINES[0], headers=headers, timeout=30)
    assert (answer.status_code, answer.json()["error_code"]) == (503, "UNAVAILABLE")
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize("gateway", ["jasmin", "kannel", "nobody"])
def test_a_key_in_an_address_is_in_no_log(live: Live, gunicorn: Server, headers: dict[str, str], gateway: str) -> None:
    key = headers["X-API-Key"]
    for given in (key, key[:-1], f"{key}&key={key}"):
        answer = requests.get(f"{live.url}/api/v1/gateways/{gateway}?key={given}&type=x&level=x", timeout=30)
        assert answer.status_code in (400, 401, 404)
        assert key[:-1] not in answer.text
    assert key[:-1] not in gunicorn.log.read_text()
