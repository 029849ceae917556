"""SIGTERM: responses in progress are completed up to a time limit. After it, they break visibly."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import IncompleteRead
from pathlib import Path

import pytest
from django.db import connection

from tests.conftest import create_api_client
from tests.server import HOST, Server, SlowReader, database_url, serving
from tests.waiting import SOON, within

# About 60 MB, more than the kernels' buffers between a server and its client.
ROWS = 20_000
FILE = "/api/v1/sms/messages/unified/export?to=9999-12-31&format=ndjson"
INSERT_MESSAGES = f"""
    INSERT INTO messages_app_message (account_id, client_message_id, request_key, heads_request, recipient, sender_id,
        text, status, status_code, segments, cost, created_at, status_at)
    SELECT id, 'm-' || n, 'm-' || n, true, '+14155551234', 'MyApp', repeat('long ', 600), 'DELIVRD', '000', 2, 0.0085,
        '2026-02-13T12:00:00Z'::timestamptz - n * interval '1 second', '2026-02-13T12:00:00Z'
    FROM accounts_account, generate_series(1, {ROWS}) n WHERE name = 'acme'
"""


@pytest.fixture(scope="module")
def key(committed: None) -> str:
    api_key = create_api_client("acme").key
    with connection.cursor() as cursor:
        cursor.execute(INSERT_MESSAGES)
    return api_key


@contextmanager
def server_with_export(log: Path, key: str, stop: str) -> Iterator[tuple[Server, SlowReader]]:
    """Server that may take `stop` seconds to stop, and a reader of an export."""
    with serving(log, DATABASE_URL=database_url(), SMSREPORTS_STOP_SECONDS=stop, LOG_FORMAT="json") as server:
        slow = SlowReader(server, FILE, key)
        try:
            yield server, slow
        finally:
            slow.close()


def test_an_export_in_progress_is_completed(key: str, tmp_path: Path) -> None:
    with server_with_export(tmp_path / "log", key, stop="60") as (server, slow):
        start = slow.read(64 * 1024)
        os.kill(server.pid, signal.SIGTERM)
        within(SOON, lambda: refuses_connections(server))
        assert (start + slow.read()).count(b"\n") == ROWS
    assert '"ended":"whole"' in server.log.read_text()


def test_an_export_that_exceeds_the_stop_time_is_broken(key: str, tmp_path: Path) -> None:
    with server_with_export(tmp_path / "log", key, stop="1") as (server, slow):
        slow.read(64 * 1024)
        os.kill(server.pid, signal.SIGTERM)
        within(SOON, lambda: not server.workers())
        with pytest.raises((IncompleteRead, ConnectionResetError)):
            slow.read()
    assert '"ended":"whole"' not in server.log.read_text()


def test_queued_requests_are_answered(key: str, tmp_path: Path) -> None:
    """The worker is suspended while they connect, so that it sees them only after SIGTERM."""
    with serving(tmp_path / "log", DATABASE_URL=database_url(), SMSREPORTS_STOP_SECONDS="60") as server:
        (worker,) = server.workers()
        os.kill(worker, signal.SIGSTOP)
        clients = [socket.create_connection((HOST, server.port), SOON) for _ in range(5)]
        for client in clients:
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        os.kill(worker, signal.SIGTERM)
        os.kill(worker, signal.SIGCONT)
        answers = [client.makefile("rb").readline() for client in clients]
        for client in clients:
            client.close()
    assert answers == [b"HTTP/1.1 200 OK\r\n"] * 5


def refuses_connections(server: Server) -> bool:
    try:
        socket.create_connection((HOST, server.port), SOON).close()
    except ConnectionRefusedError:
        return True
    return False
