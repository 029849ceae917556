"""Clients and statements that are slow: each is cut off in time, and nobody else waits for them."""

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
from tests.conftest import person
from tests.export.test_receipts import has_ended, receipt
from tests.export.test_stream import ALL, MANY, ask, copying, run
from tests.server import HOST, Server, SlowReader, database_url, serving
from tests.waiting import SOON, within

# More clients than a server has threads.
MANY_CLIENTS = 12
# As many requests as may be answered and wait for a thread at once.
TAKEN = THREADS + MAX_QUEUED_REQUESTS
LIST = "/api/v1/sms/messages"
# Together more than the kernels hold between a server and its client.
FILES = 6
LARGE_FILE = "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js"
FORM = f"POST /admin/login/ HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/x-www-form-urlencoded\r\n{{}}\r\n\r\n"
LARGE = Path(str(find(LARGE_FILE.removeprefix("/static/")))).stat().st_size
UPLOAD = (
    f"POST /api/v1/ingest HTTP/1.1\r\nHost: {HOST}\r\nX-API-Key: {{}}\r\n"
    "Content-Type: application/x-ndjson\r\nContent-Length: 5000000\r\n\r\n"
)


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


@pytest.fixture(scope="module")
def patient(key: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("patient") / "log", DATABASE_URL=database_url()) as server:
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


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"GET / HTTP/1.1\r\nX-Some", id="headers"),
        pytest.param(FORM.format("Content-Length: 5000").encode() + b"username=", id="form"),
        pytest.param(FORM.format("Transfer-Encoding: chunked").encode() + b"FF\r\nusername=", id="chunked form"),
        pytest.param(UPLOAD.format("nobodys").encode() + b"{", id="upload without a key"),
    ],
)
def test_requests_that_never_end_hold_no_thread(hasty: Server, key: str, sent: bytes) -> None:
    """As many of them as may wait for a thread, and a byte from each between the lists."""
    with ExitStack() as held:
        clients = [held.enter_context(socket.create_connection((HOST, hasty.port), SOON)) for _ in range(TAKEN - 1)]
        for each in clients:
            each.sendall(sent)
        for _ in range(3):
            assert ask(hasty, key, LIST).status_code == 200
            for each in clients:
                with suppress(ConnectionError):  # an upload without a key is refused at once
                    each.sendall(b"x")


def test_a_form_that_comes_slowly_is_answered_when_it_is_whole(hasty: Server) -> None:
    with socket.create_connection((HOST, hasty.port), SOON) as slow:
        slow.sendall(FORM.format("Content-Length: 9").encode())
        for byte in b"username=":
            assert not select.select([slow], [], [], 0.01)[0]
            slow.sendall(bytes([byte]))
        assert slow.makefile("rb").readline() == b"HTTP/1.1 403 Forbidden\r\n"


def test_a_form_that_does_not_end_is_told_so(hasty: Server) -> None:
    with socket.create_connection((HOST, hasty.port), 2 * BODY_SECONDS) as slow:
        slow.sendall(FORM.format("Content-Length: 9").encode() + b"user")
        assert slow.makefile("rb").readline() == b"HTTP/1.1 408 Request Timeout\r\n"


def test_readers_who_stop_hold_no_thread(patient: Server, key: str) -> None:
    with ExitStack() as held:
        for _ in range(TAKEN - 1):
            held.enter_context(stopped_reader(patient))
        assert ask(patient, key, LIST).status_code == 200


def test_a_slow_reader_gets_all_of_it(patient: Server) -> None:
    with stopped_reader(patient) as reader:
        within(SOON, lambda: f"bytes={LARGE}" in patient.log.read_text())
        reader.shutdown(socket.SHUT_WR)
        answers = b"".join(iter(lambda: reader.recv(1024 * 1024), b""))
    heads = [each.partition(b"\r\n\r\n")[0] for each in answers.split(b"HTTP/1.1 200 OK\r\n")[1:]]
    assert len(heads) == FILES
    assert len(answers) == sum(len(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n") + LARGE for head in heads)


def test_a_reader_who_stops_is_cut_off(hasty: Server) -> None:
    with stopped_reader(hasty):
        within(SOON, lambda: connections(hasty) > 0)
        within(SOON, lambda: connections(hasty) == 0)


def test_clients_who_do_not_hang_up_hold_up_nobody(hasty: Server, key: str) -> None:
    with ExitStack() as held:
        for _ in range(MANY_CLIENTS):
            each = held.enter_context(socket.create_connection((HOST, hasty.port), SOON))
            each.sendall(f"GET /healthz HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
        assert ask(hasty, key, LIST).status_code == 200


def test_an_upload_that_trickles_in_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_socket, "MAX_BODY_SECONDS", 0.3)
    ours, theirs = socket.socketpair()
    with theirs, ClientSocket(ours) as sock:
        sock.let_view_read_body()
        with pytest.raises(ConnectionResetError):
            while True:
                theirs.sendall(b"x")
                assert sock.recv(1) == b"x"
                time.sleep(0.01)
        assert sock.gettimeout() == 0


def test_what_is_said_about_a_slow_client_is_no_crash(hasty: Server) -> None:
    assert "Socket error" not in hasty.log.read_text()


def connections(server: Server) -> int:
    """Established connections of clients with the server; Linux tells."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    local = f":{server.port:04X}"
    return sum(fields[1].endswith(local) and fields[3] == "01" for fields in map(str.split, lines))


def stopped_reader(server: Server) -> socket.socket:
    """A client that asks for large files and takes none."""
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    reader.settimeout(SOON)
    reader.connect((HOST, server.port))
    reader.sendall(FILES * f"GET {LARGE_FILE} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
    return reader
