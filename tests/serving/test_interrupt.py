"""Ctrl-C in the terminal of a server: the terminal sends SIGINT to all of its processes."""

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

from tests.conftest import person
from tests.export.test_stream import within
from tests.server import HOST, Server, database_url, start_server

SOON = 20
LIST = "/api/v1/sms/messages"
HEAD = f"Host: {HOST}\r\n"
# Far longer than a quick stop: who is killed by the arbiter is killed after so long.
STOP_SECONDS = 100


@contextmanager
def terminal(log: Path) -> Iterator[tuple[Server, subprocess.Popen[bytes]]]:
    """A server with two workers in a process group of its own."""
    environment = {"DATABASE_URL": database_url(), "SMSREPORTS_STOP_SECONDS": str(STOP_SECONDS)}
    server, process = start_server(log, workers=2, environment=environment, process_group=0)
    try:
        yield server, process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(SOON)


def interrupt(server: Server, process: subprocess.Popen[bytes]) -> None:
    """Ctrl-C, after which it must end by itself, and long before the arbiter would kill its workers."""
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(STOP_SECONDS / 2) == 0
    log = server.log.read_text()
    assert "was sent" not in log, log
    assert log.count("Worker exiting") == 2, log


def browse(server: Server, stack: ExitStack) -> None:
    """What a browser leaves open: connections that are kept, one that says nothing, and halves of requests."""
    for _ in range(4):
        kept = stack.enter_context(socket.create_connection((HOST, server.port), SOON))
        kept.sendall(f"GET /admin/login/ HTTP/1.1\r\n{HEAD}\r\n".encode())
        assert kept.recv(1)
    halves = (b"", b"GET / HT", f"POST /admin/login/ HTTP/1.1\r\n{HEAD}Content-Length: 900\r\n\r\nuser".encode())
    upload = f"POST /api/v1/ingest HTTP/1.1\r\n{HEAD}Content-Length: 900000\r\n\r\nuser".encode()
    for half in (*halves, upload):
        stack.enter_context(socket.create_connection((HOST, server.port), SOON)).sendall(half)


def test_it_ends_beside_a_browser(committed: None, tmp_path: Path) -> None:
    with terminal(tmp_path / "log") as (server, process), ExitStack() as stack:
        browse(server, stack)
        interrupt(server, process)


def test_it_ends_in_the_middle_of_traffic(committed: None, tmp_path: Path) -> None:
    """A signal that comes while the loop hands over a request must find no lock taken."""
    with terminal(tmp_path / "log") as (server, process):
        askers = [Thread(target=ask_until_refused, args=[server]) for _ in range(8)]
        for each in askers:
            each.start()
        within(SOON, lambda: server.log.read_text().count("route=admin/login/") > 2 * len(askers))
        interrupt(server, process)
        for each in askers:
            each.join(SOON)
            assert not each.is_alive()


def test_it_ends_while_a_list_waits_for_the_database(committed: None, tmp_path: Path) -> None:
    key = person("acme").key
    with terminal(tmp_path / "log") as (server, process), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE messages_app_message")
        waiting = Thread(target=ask_once, args=[server, key])
        waiting.start()
        within(SOON, is_waiting)
        interrupt(server, process)
        waiting.join(SOON)
        assert not waiting.is_alive()


def test_a_second_one_ends_it_at_once(committed: None, tmp_path: Path) -> None:
    with terminal(tmp_path / "log") as (server, process), ExitStack() as stack:
        browse(server, stack)
        os.killpg(process.pid, signal.SIGINT)
        interrupt(server, process)


def ask_until_refused(server: Server) -> None:
    with suppress(requests.RequestException):
        while True:
            requests.get(f"{server.url}/admin/login/", timeout=SOON)


def ask_once(server: Server, key: str) -> None:
    with suppress(requests.RequestException):
        requests.get(server.url + LIST, headers={"X-API-Key": key}, timeout=SOON)


def is_waiting() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        (found,) = cursor.fetchone()
    return bool(found)
