"""Clients and statements that are slow: each is cut off in time, and nobody else waits for them."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import IncompleteRead

import pytest
import requests
from django.db import connection, transaction

from smsreports.serving.clients import Patient
from tests.conftest import person
from tests.export.test_receipts import has_ended, receipt
from tests.export.test_stream import ALL, MANY, ask, copying, run
from tests.server import HOST, Server, SlowReader, database_url, serving
from tests.waiting import SOON, within

# More clients than a server has threads.
MANY_CLIENTS = 12
LIST = "/api/v1/sms/messages"


@pytest.fixture(scope="module")
def key(committed: None) -> str:
    who = person("acme")
    run(MANY)
    run("ANALYZE messages_app_message")
    return who.key


@pytest.fixture(scope="module")
def hasty(key: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that gives a second to each statement, and to each block of an answer."""
    seconds = {"SMSREPORTS_STATEMENT_SECONDS": "1", "SMSREPORTS_READER_SECONDS": "1"}
    with serving(tmp_path_factory.mktemp("hasty") / "log", DATABASE_URL=database_url(), **seconds) as server:
        yield server


def test_a_reader_who_takes_less_than_a_block_in_time_is_cut_off(hasty: Server, key: str) -> None:
    slow = SlowReader(hasty, ALL, key)
    slow.read(1024)
    export = slow.headers["X-Export-Id"]
    within(SOON, lambda: has_ended(hasty, key, export))
    assert receipt(hasty, key, export)["state"] == "broken"
    within(SOON, lambda: not copying())
    with pytest.raises(IncompleteRead):
        slow.read()
    slow.leave()


def test_a_file_may_take_longer_than_a_statement(hasty: Server, key: str) -> None:
    slow = SlowReader(hasty, ALL, key)
    while slow.read(2 * 1024 * 1024):
        time.sleep(0.1)
    assert receipt(hasty, key, slow.headers["X-Export-Id"])["state"] == "finished"
    slow.leave()


def test_a_file_that_takes_too_long_is_broken_off(key: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    log = tmp_path_factory.mktemp("short") / "log"
    with serving(log, DATABASE_URL=database_url(), SMSREPORTS_EXPORT_SECONDS="1") as server:
        slow = SlowReader(server, ALL, key)
        slow.read(1024)
        time.sleep(1.5)
        with pytest.raises(IncompleteRead):
            slow.read()
        slow.leave()
        assert receipt(server, key, slow.headers["X-Export-Id"])["state"] == "broken"


def test_a_statement_that_takes_too_long_is_told_as_a_pause(hasty: Server, key: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE messages_app_message, django_session IN ACCESS EXCLUSIVE MODE")
        answer = ask(hasty, key, LIST)
        page = requests.get(f"{hasty.url}/admin/", cookies={"sessionid": "x" * 32}, timeout=SOON)
    assert (answer.status_code, answer.json()["error_code"]) == (503, "UNAVAILABLE")
    assert (page.status_code, "not available at the moment" in page.text) == (503, True)
    assert int(answer.headers["Retry-After"]) > 0
    assert int(page.headers["Retry-After"]) > 0
    assert ask(hasty, key, LIST).status_code == 200


def test_headers_that_never_end_hold_no_thread(hasty: Server, key: str) -> None:
    with ExitStack() as held:
        for _ in range(MANY_CLIENTS):
            each = held.enter_context(socket.create_connection((HOST, hasty.port), SOON))
            each.sendall(b"GET / HTTP/1.1\r\nX-Some")
        assert ask(hasty, key, LIST).status_code == 200


def test_clients_who_do_not_hang_up_hold_up_nobody(hasty: Server, key: str) -> None:
    with ExitStack() as held:
        for _ in range(MANY_CLIENTS):
            each = held.enter_context(socket.create_connection((HOST, hasty.port), SOON))
            each.sendall(f"GET /healthz HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
        assert ask(hasty, key, LIST).status_code == 200


def test_a_request_that_trickles_in_ends_in_time() -> None:
    ours, theirs = socket.socketpair()
    with theirs, Patient(fileno=ours.detach()) as patient:
        patient.wait(0.3)
        with pytest.raises(ConnectionResetError):
            while True:
                theirs.sendall(b"x")
                assert patient.recv(1) == b"x"
                time.sleep(0.01)
        assert patient.gettimeout() is None


def test_what_is_said_about_a_slow_client_is_no_crash(hasty: Server) -> None:
    assert "Socket error" not in hasty.log.read_text()
