"""A server that is told to stop: what it has begun goes out whole, up to a limit, and beyond it breaks visibly."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import IncompleteRead
from pathlib import Path

import pytest
from django.db import connection

from tests.conftest import person
from tests.server import HOST, Server, SlowReader, database_url, serving
from tests.waiting import SOON, within

# Some 60 MB, more than two kernels hold between a server and its client.
ROWS = 20_000
FILE = "/api/v1/sms/messages/unified/export?to=9999-12-31&format=ndjson"
MANY = f"""
    INSERT INTO messages_app_message (account_id, client_message_id, request_key, heads_request, recipient, sender_id,
        text, status, status_code, segments, cost, created_at, status_at)
    SELECT id, 'm-' || n, 'm-' || n, true, '+14155551234', 'MyApp', repeat('long ', 600), 'DELIVRD', '000', 2, 0.0085,
        '2026-02-13T12:00:00Z'::timestamptz - n * interval '1 second', '2026-02-13T12:00:00Z'
    FROM accounts_account, generate_series(1, {ROWS}) n WHERE name = 'acme'
"""


@pytest.fixture(scope="module")
def key(committed: None) -> str:
    found = person("acme").key
    with connection.cursor() as cursor:
        cursor.execute(MANY)
    return found


@contextmanager
def reading(log: Path, key: str, stop: str) -> Iterator[tuple[Server, SlowReader]]:
    """A server that has so many seconds for its stop, and somebody who has read the beginning of a file."""
    with serving(log, DATABASE_URL=database_url(), SMSREPORTS_STOP_SECONDS=stop, LOG_FORMAT="json") as server:
        slow = SlowReader(server, FILE, key)
        try:
            yield server, slow
        finally:
            slow.leave()


def test_a_file_that_is_under_way_arrives_whole(key: str, tmp_path: Path) -> None:
    with reading(tmp_path / "log", key, stop="60") as (server, slow):
        start = slow.read(64 * 1024)
        os.kill(server.pid, signal.SIGTERM)
        within(SOON, lambda: refuses(server))
        assert (start + slow.read()).count(b"\n") == ROWS
    assert '"ended":"whole"' in server.log.read_text()


def test_a_file_that_takes_longer_breaks(key: str, tmp_path: Path) -> None:
    with reading(tmp_path / "log", key, stop="1") as (server, slow):
        slow.read(64 * 1024)
        os.kill(server.pid, signal.SIGTERM)
        within(SOON, lambda: not server.workers())
        with pytest.raises((IncompleteRead, ConnectionResetError)):
            slow.read()
    assert '"ended":"whole"' not in server.log.read_text()


def test_who_waits_in_the_queue_is_answered(key: str, tmp_path: Path) -> None:
    """The worker is held while they connect, so that it sees them only after it was told to stop."""
    with serving(tmp_path / "log", DATABASE_URL=database_url(), SMSREPORTS_STOP_SECONDS="60") as server:
        (worker,) = server.workers()
        os.kill(worker, signal.SIGSTOP)
        early = [socket.create_connection((HOST, server.port), SOON) for _ in range(5)]
        for each in early:
            each.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        os.kill(worker, signal.SIGTERM)
        os.kill(worker, signal.SIGCONT)
        answers = [each.makefile("rb").readline() for each in early]
        for each in early:
            each.close()
    assert answers == [b"HTTP/1.1 200 OK\r\n"] * 5


def refuses(server: Server) -> bool:
    try:
        socket.create_connection((HOST, server.port), SOON).close()
    except ConnectionRefusedError:
        return True
    return False
