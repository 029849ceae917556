"""Ctrl-C in the terminal of a server. The terminal sends SIGINT to all processes."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Thread

import requests
from django.db import connection, transaction

from tests.conftest import create_api_client
from tests.server import HOST, Server, database_url, start_server
from tests.waiting import within

SOON = 20
LIST = "/api/v1/sms/messages"
HEAD = f"Host: {HOST}\r\n"
# Far longer than a quick stop. The arbiter kills workers after this time.
STOP_SECONDS = 100


@contextmanager
def server_in_terminal(log: Path) -> Iterator[tuple[Server, subprocess.Popen[bytes]]]:
    """Server with two workers in a process group of its own, as in a terminal."""
    environment = {"DATABASE_URL": database_url(), "SMSREPORTS_STOP_SECONDS": str(STOP_SECONDS)}
    server, process = start_server(log, workers=2, environment=environment, process_group=0)
    try:
        yield server, process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(SOON)


def press_ctrl_c(server: Server, process: subprocess.Popen[bytes]) -> None:
    """Send SIGINT, and check that the server ends by itself, long before the arbiter would kill its workers."""
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(STOP_SECONDS / 2) == 0
    log = server.log.read_text()
    assert "was sent" not in log, log
    assert log.count("Worker exiting") == 2, log


def open_browser_connections(server: Server, stack: ExitStack) -> None:
    """Open the connections of a browser: kept-alive ones, a silent one, and incomplete requests."""
    for _ in range(4):
        client = stack.enter_context(socket.create_connection((HOST, server.port), SOON))
        client.sendall(f"GET /admin/login/ HTTP/1.1\r\n{HEAD}\r\n".encode())
        assert client.recv(1)
    beginnings = (b"", b"GET / HT", f"POST /admin/login/ HTTP/1.1\r\n{HEAD}Content-Length: 900\r\n\r\nuser".encode())
    upload = f"POST /api/v1/ingest HTTP/1.1\r\n{HEAD}Content-Length: 900000\r\n\r\nuser".encode()
    for beginning in (*beginnings, upload):
        stack.enter_context(socket.create_connection((HOST, server.port), SOON)).sendall(beginning)


def test_the_server_ends_despite_open_browser_connections(committed: None, tmp_path: Path) -> None:
    with server_in_terminal(tmp_path / "log") as (server, process), ExitStack() as stack:
        open_browser_connections(server, stack)
        press_ctrl_c(server, process)


def test_the_server_ends_under_load(committed: None, tmp_path: Path) -> None:
    """A signal may arrive while the loop submits a request, which must not deadlock."""
    with server_in_terminal(tmp_path / "log") as (server, process):
        clients = [Thread(target=send_requests_until_refused, args=[server]) for _ in range(8)]
        for client in clients:
            client.start()
        within(SOON, lambda: server.log.read_text().count("route=admin/login/") > 2 * len(clients))
        press_ctrl_c(server, process)
        for client in clients:
            client.join(SOON)
            assert not client.is_alive()


def test_the_server_ends_while_a_list_waits_for_the_database(committed: None, tmp_path: Path) -> None:
    key = create_api_client("acme").key
    with server_in_terminal(tmp_path / "log") as (server, process), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE messages_app_message")
        waiting = Thread(target=request_list, args=[server, key])
        waiting.start()
        within(SOON, is_any_lock_awaited)
        press_ctrl_c(server, process)
        waiting.join(SOON)
        assert not waiting.is_alive()


def test_a_second_ctrl_c_ends_the_server_at_once(committed: None, tmp_path: Path) -> None:
    with server_in_terminal(tmp_path / "log") as (server, process), ExitStack() as stack:
        open_browser_connections(server, stack)
        os.killpg(process.pid, signal.SIGINT)
        press_ctrl_c(server, process)


def send_requests_until_refused(server: Server) -> None:
    with suppress(requests.RequestException):
        while True:
            requests.get(f"{server.url}/admin/login/", timeout=SOON)


def request_list(server: Server, key: str) -> None:
    with suppress(requests.RequestException):
        requests.get(server.url + LIST, headers={"X-API-Key": key}, timeout=SOON)


def is_any_lock_awaited() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        (exists,) = cursor.fetchone()
    return bool(exists)
