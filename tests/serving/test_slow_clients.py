"""Slow clients and statements: each has a time limit and does not delay others."""

import select
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from http.client import IncompleteRead
from pathlib import Path

import pytest
import requests
from django.contrib.staticfiles.finders import find
from django.db import connection, transaction

from smsreports.concurrency.limits import MAX_QUEUED_REQUESTS, THREADS
from smsreports.serving import client_socket
from smsreports.serving.client_socket import ClientSocket
from smsreports.serving.connection import BODY_SECONDS
from tests.conftest import create_api_client
from tests.export.test_receipts import has_ended, receipt
from tests.export.test_stream import ALL, MANY, ask, copying, run
from tests.server import HOST, Server, SlowReader, database_url, serving
from tests.waiting import SOON, within

# More clients than a server has threads.
MANY_CLIENTS = 12
# Requests that a server runs and queues at once.
CAPACITY = THREADS + MAX_QUEUED_REQUESTS
LIST = "/api/v1/sms/messages"
# Responses that together exceed the kernels' buffers between a server and its client.
FILE_REQUESTS = 6
LARGE_FILE = "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js"
FORM = f"POST /admin/login/ HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/x-www-form-urlencoded\r\n{{}}\r\n\r\n"
LARGE_FILE_SIZE = Path(str(find(LARGE_FILE.removeprefix("/static/")))).stat().st_size
UPLOAD = (
    f"POST /api/v1/ingest HTTP/1.1\r\nHost: {HOST}\r\nX-API-Key: {{}}\r\n"
    "Content-Type: application/x-ndjson\r\nContent-Length: 5000000\r\n\r\n"
)


@pytest.fixture(scope="module")
def key(committed: None) -> str:
    reader = create_api_client("acme")
    run(MANY)
    run("ANALYZE messages_app_message")
    return reader.key


@pytest.fixture(scope="module")
def hasty(key: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Server with a time limit of one second for each statement and for each block of a response."""
    seconds = {"SMSREPORTS_STATEMENT_SECONDS": "1", "SMSREPORTS_READER_SECONDS": "1"}
    with serving(tmp_path_factory.mktemp("hasty") / "log", DATABASE_URL=database_url(), **seconds) as server:
        yield server


@pytest.fixture(scope="module")
def patient(key: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("patient") / "log", DATABASE_URL=database_url()) as server:
        yield server


def test_an_export_breaks_if_its_reader_is_too_slow(hasty: Server, key: str) -> None:
    slow = SlowReader(hasty, ALL, key)
    slow.read(1024)
    export = slow.headers["X-Export-Id"]
    within(SOON, lambda: has_ended(hasty, key, export))
    assert receipt(hasty, key, export)["state"] == "broken"
    within(SOON, lambda: not copying())
    with pytest.raises(IncompleteRead):
        slow.read()
    slow.close()


def test_an_export_may_take_longer_than_a_statement(hasty: Server, key: str) -> None:
    slow = SlowReader(hasty, ALL, key)
    while slow.read(2 * 1024 * 1024):
        time.sleep(0.1)
    assert receipt(hasty, key, slow.headers["X-Export-Id"])["state"] == "finished"
    slow.close()


def test_an_export_breaks_after_its_time_limit(key: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    log = tmp_path_factory.mktemp("short") / "log"
    with serving(log, DATABASE_URL=database_url(), SMSREPORTS_EXPORT_SECONDS="1") as server:
        slow = SlowReader(server, ALL, key)
        slow.read(1024)
        time.sleep(1.5)
        with pytest.raises(IncompleteRead):
            slow.read()
        slow.close()
        assert receipt(server, key, slow.headers["X-Export-Id"])["state"] == "broken"


def test_a_statement_timeout_is_a_503_with_retry_after(hasty: Server, key: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE messages_app_message, django_session IN ACCESS EXCLUSIVE MODE")
        answer = ask(hasty, key, LIST)
        page = requests.get(f"{hasty.url}/admin/", cookies={"sessionid": "x" * 32}, timeout=SOON)
    assert (answer.status_code, answer.json()["error_code"]) == (503, "UNAVAILABLE")
    assert (page.status_code, "not available at the moment" in page.text) == (503, True)
    assert int(answer.headers["Retry-After"]) > 0
    assert int(page.headers["Retry-After"]) > 0
    assert ask(hasty, key, LIST).status_code == 200


@pytest.mark.parametrize(
    "beginning",
    [
        pytest.param(b"GET / HTTP/1.1\r\nX-Some", id="headers"),
        pytest.param(FORM.format("Content-Length: 5000").encode() + b"username=", id="form"),
        pytest.param(FORM.format("Transfer-Encoding: chunked").encode() + b"FF\r\nusername=", id="chunked form"),
        pytest.param(UPLOAD.format("nobodys").encode() + b"{", id="upload without a key"),
    ],
)
def test_incomplete_requests_block_no_thread(hasty: Server, key: str, beginning: bytes) -> None:
    """Open as many as fit into the queue, and send a byte on each between the lists."""
    with ExitStack() as stack:
        clients = [stack.enter_context(socket.create_connection((HOST, hasty.port), SOON)) for _ in range(CAPACITY - 1)]
        for client in clients:
            client.sendall(beginning)
        for _ in range(3):
            assert ask(hasty, key, LIST).status_code == 200
            for client in clients:
                with suppress(ConnectionError):  # an upload without a key is rejected at once
                    client.sendall(b"x")


def test_a_slow_form_is_answered_when_it_is_complete(hasty: Server) -> None:
    with socket.create_connection((HOST, hasty.port), SOON) as slow:
        slow.sendall(FORM.format("Content-Length: 9").encode())
        for byte in b"username=":
            assert not select.select([slow], [], [], 0.01)[0]
            slow.sendall(bytes([byte]))
        assert slow.makefile("rb").readline() == b"HTTP/1.1 403 Forbidden\r\n"


def test_an_incomplete_form_gets_a_408(hasty: Server) -> None:
    with socket.create_connection((HOST, hasty.port), 2 * BODY_SECONDS) as slow:
        slow.sendall(FORM.format("Content-Length: 9").encode() + b"user")
        assert slow.makefile("rb").readline() == b"HTTP/1.1 408 Request Timeout\r\n"


def test_stalled_readers_block_no_thread(patient: Server, key: str) -> None:
    with ExitStack() as stack:
        for _ in range(CAPACITY - 1):
            stack.enter_context(connect_stalled_reader(patient))
        assert ask(patient, key, LIST).status_code == 200


def test_a_slow_reader_receives_all_responses(patient: Server) -> None:
    with connect_stalled_reader(patient) as reader:
        within(SOON, lambda: f"bytes={LARGE_FILE_SIZE}" in patient.log.read_text())
        reader.shutdown(socket.SHUT_WR)
        data = b"".join(iter(lambda: reader.recv(1024 * 1024), b""))
    heads = [response.partition(b"\r\n\r\n")[0] for response in data.split(b"HTTP/1.1 200 OK\r\n")[1:]]
    assert len(heads) == FILE_REQUESTS
    assert len(data) == sum(len(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n") + LARGE_FILE_SIZE for head in heads)


def test_a_stalled_reader_is_disconnected(hasty: Server) -> None:
    with connect_stalled_reader(hasty):
        within(SOON, lambda: count_connections(hasty) > 0)
        within(SOON, lambda: count_connections(hasty) == 0)


def test_clients_that_stay_connected_block_no_thread(hasty: Server, key: str) -> None:
    with ExitStack() as stack:
        for _ in range(MANY_CLIENTS):
            client = stack.enter_context(socket.create_connection((HOST, hasty.port), SOON))
            client.sendall(f"GET /healthz HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
        assert ask(hasty, key, LIST).status_code == 200


def test_a_slow_upload_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_socket, "MAX_BODY_SECONDS", 0.3)
    server_end, client_end = socket.socketpair()
    with client_end, ClientSocket(server_end) as sock:
        sock.let_view_read_body()
        with pytest.raises(ConnectionResetError):
            while True:
                client_end.sendall(b"x")
                assert sock.recv(1) == b"x"
                time.sleep(0.01)
        assert sock.gettimeout() == 0


def test_slow_clients_are_not_logged_as_crashes(hasty: Server) -> None:
    assert "Socket error" not in hasty.log.read_text()


def count_connections(server: Server) -> int:
    """Return the number of established connections with the server, from /proc."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    local = f":{server.port:04X}"
    return sum(fields[1].endswith(local) and fields[3] == "01" for fields in map(str.split, lines))


def connect_stalled_reader(server: Server) -> socket.socket:
    """Return a socket that has requested large files and reads nothing."""
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    reader.settimeout(SOON)
    reader.connect((HOST, server.port))
    reader.sendall(FILE_REQUESTS * f"GET {LARGE_FILE} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
    return reader
