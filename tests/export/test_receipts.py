"""Receipts of exports: they contain what was sent, and a broken file never looks complete."""

import os
import signal
import socket
from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256
from http.client import IncompleteRead
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import requests
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from smsreports.audit.models import ExportEnd
from tests.conftest import DAY, create_api_client, load_lines, message_line
from tests.export.conftest import BOM, EXPORT, table
from tests.export.test_stream import ALL, MANY, MEGABYTE, ask, run
from tests.server import HOST, Server, SlowReader, database_url, serving
from tests.waiting import SOON, within

GZIP_HEADERS = {"Accept-Encoding": "gzip"}
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def key(committed: None) -> str:
    api_client = create_api_client("acme")
    run(MANY)
    run("ANALYZE messages_app_message")
    return api_client.key


@pytest.fixture
def reader(gunicorn: Server, key: str) -> Iterator[Callable[..., SlowReader]]:
    readers: list[SlowReader] = []

    def start(**headers: str) -> SlowReader:
        readers.append(SlowReader(gunicorn, ALL, key, headers))
        return readers[-1]

    yield start
    for slow_reader in readers:
        slow_reader.close()
        within(SOON, partial(has_ended, gunicorn, key, slow_reader.headers["X-Export-Id"]))


def has_ended(server: Server, key: str, export: str) -> bool:
    return bool(receipt(server, key, export)["state"] != "running")


def receipt(server: Server, key: str, export: str) -> dict[str, Any]:
    response = ask(server, key, f"{EXPORT}/{export}/receipt")
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()["receipt"]
    return body


@pytest.mark.parametrize("encoding_headers", [{}, GZIP_HEADERS], ids=["plain", "gzip"])
def test_a_receipt_contains_what_was_sent(gunicorn: Server, key: str, encoding_headers: dict[str, str]) -> None:
    response = requests.get(
        gunicorn.url + ALL, headers={"X-API-Key": key, "Accept-Encoding": ""} | encoding_headers, timeout=SOON
    )
    manifest = receipt(gunicorn, key, response.headers["X-Export-Id"])
    assert (manifest["state"], manifest["truncated"]) == ("finished", False)
    assert (
        manifest["rows"] == manifest["total"] == len(table(response.content)) == int(response.headers["X-Export-Total"])
    )
    assert (manifest["bytes"], manifest["sha256"]) == (len(response.content), sha256(response.content).hexdigest())
    assert manifest["started_at"] <= manifest["ended_at"]
    assert response.headers.get("Content-Encoding") == ("gzip" if encoding_headers else None)
    assert "Accept-Encoding" in response.headers["Vary"]


def test_the_receipt_exists_when_the_file_has_ended(gunicorn: Server, key: str) -> None:
    for _ in range(20):
        response = ask(gunicorn, key, f"{EXPORT}?from={DAY}&to={DAY}&sender=nobody")
        assert receipt(gunicorn, key, response.headers["X-Export-Id"])["state"] == "finished"


def test_a_receipt_is_only_visible_to_its_account(gunicorn: Server, key: str) -> None:
    export = ask(gunicorn, key, f"{EXPORT}?sender=nobody").headers["X-Export-Id"]
    stranger = create_api_client("globex").key
    for client_key, id_ in ((stranger, export), (key, UNKNOWN_ID), (key, export.upper()), (key, "x"), (key, "%00")):
        response = ask(gunicorn, client_key, f"{EXPORT}/{id_}/receipt")
        assert (response.status_code, response.json()["error_code"]) == (404, "NOT_FOUND")


def test_an_unfinished_export_is_running(gunicorn: Server, key: str, reader: Callable[..., SlowReader]) -> None:
    slow_reader = reader()
    manifest = receipt(gunicorn, key, slow_reader.headers["X-Export-Id"])
    assert (manifest["state"], manifest["rows"], manifest["sha256"], manifest["ended_at"]) == (
        "running",
        None,
        None,
        None,
    )
    assert manifest["total"] == int(slow_reader.headers["X-Export-Total"])


def test_an_export_is_broken_when_the_client_disconnects(
    gunicorn: Server, key: str, reader: Callable[..., SlowReader]
) -> None:
    slow_reader = reader()
    slow_reader.read(MEGABYTE)
    slow_reader.close()
    within(SOON, lambda: receipt(gunicorn, key, slow_reader.headers["X-Export-Id"])["state"] == "broken")
    manifest = receipt(gunicorn, key, slow_reader.headers["X-Export-Id"])
    assert 0 < manifest["rows"] < manifest["total"]


@pytest.mark.parametrize("encoding_headers", [{}, GZIP_HEADERS], ids=["plain", "gzip"])
def test_an_export_is_broken_when_its_query_fails(
    gunicorn: Server, key: str, reader: Callable[..., SlowReader], encoding_headers: dict[str, str]
) -> None:
    slow_reader = reader(**encoding_headers)
    slow_reader.read(1024)
    copying = "query LIKE 'COPY%' AND datname = current_database()"
    assert run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {copying}") > 0
    with pytest.raises(IncompleteRead):
        slow_reader.read()
    assert receipt(gunicorn, key, slow_reader.headers["X-Export-Id"])["state"] == "broken"


def test_an_export_is_broken_when_its_result_cannot_be_recorded(gunicorn: Server, key: str) -> None:
    run("ALTER TABLE audit_exportend ADD CONSTRAINT no_more CHECK (NOT is_whole) NOT VALID")
    try:
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            ask(gunicorn, key, f"{EXPORT}?sender=nobody")
    finally:
        run("ALTER TABLE audit_exportend DROP CONSTRAINT no_more")
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM audit_export ORDER BY begun_at DESC LIMIT 1")
        ((export,),) = cursor.fetchall()
    assert receipt(gunicorn, key, str(export))["state"] == "broken"


def test_an_account_can_run_two_exports_at_once(gunicorn: Server, key: str, reader: Callable[..., SlowReader]) -> None:
    first, _ = reader(), reader()
    refused_response = ask(gunicorn, key, ALL)
    assert (refused_response.status_code, refused_response.json()["error_code"]) == (429, "RATE_LIMIT_EXCEEDED")
    assert int(refused_response.headers["Retry-After"]) > 0
    assert ask(gunicorn, create_api_client("globex").key, ALL).status_code == 200
    assert ask(gunicorn, key, "/api/v1/sms/messages").status_code == 200
    first.close()
    # The slot is free when PostgreSQL has noticed the end of the connection that held it.
    within(SOON, lambda: ask(gunicorn, key, f"{EXPORT}?sender=nobody").status_code == 200)


def test_a_process_can_run_three_exports_at_once(gunicorn: Server, key: str, reader: Callable[..., SlowReader]) -> None:
    other = create_api_client("globex").key
    run(MANY.replace("acme", "globex"))
    readers = [reader(), reader(), SlowReader(gunicorn, ALL, other)]
    refused_response = ask(gunicorn, other, ALL)
    assert (refused_response.status_code, refused_response.json()["error_code"]) == (503, "UNAVAILABLE")
    assert int(refused_response.headers["Retry-After"]) > 0
    readers[2].close()
    within(SOON, partial(has_ended, gunicorn, other, readers[2].headers["X-Export-Id"]))


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="only Linux lists the children of a process")
def test_an_export_is_broken_when_its_worker_is_killed(committed: None, key: str, tmp_path: Path) -> None:
    with serving(tmp_path / "log", DATABASE_URL=database_url()) as server:
        slow_reader = SlowReader(server, ALL, key)
        assert slow_reader.read(1024).startswith(BOM)
        export = slow_reader.headers["X-Export-Id"]
        assert receipt(server, key, export)["state"] == "running"
        os.kill(server.worker(), signal.SIGKILL)
        with pytest.raises((IncompleteRead, ConnectionError)):
            slow_reader.read()
        slow_reader.close()
        within(SOON, lambda: fetch_state_if_up(server, key, export) not in ("running", None))
        assert receipt(server, key, export)["state"] == "broken"
        assert not ExportEnd.objects.filter(export_id=export).exists()


def fetch_state_if_up(server: Server, key: str, export: str) -> str | None:
    """Return the state of an export, or None while the next worker starts."""
    try:
        return str(receipt(server, key, export)["state"])
    except requests.ConnectionError:
        return None


def test_a_head_request_is_not_recorded(gunicorn: Server, key: str) -> None:
    before = run("SELECT FROM audit_export")
    response = requests.head(f"{gunicorn.url}{ALL}", headers={"X-API-Key": key}, timeout=SOON)
    assert "X-Export-Id" not in response.headers
    assert run("SELECT FROM audit_export") == before


def test_an_export_over_http_1_0_is_refused(gunicorn: Server, key: str) -> None:
    """An HTTP/1.0 body ends with the connection, so a broken file would look complete."""
    with socket.create_connection((HOST, gunicorn.port), SOON) as client_socket:
        client_socket.sendall(f"GET {ALL} HTTP/1.0\r\nX-API-Key: {key}\r\n\r\n".encode())
        response = client_socket.makefile("rb").read()
    assert b" 400 " in response
    assert b"needs HTTP/1.1" in response


@pytest.fixture(scope="module")
def limited_server(committed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    """Start a server that exports at most five rows. Returns it with a key of an account with eight, of two senders."""
    api_client = create_api_client("initech")
    load_lines(
        message_line(account="initech", client_message_id=f"i-{n}", sender_id=f"sender {n % 2}", message="é\n,=" * n)
        for n in range(8)
    )
    log = tmp_path_factory.mktemp("cut") / "log"
    with serving(log, DATABASE_URL=database_url(), SMSREPORTS_EXPORT_LIMIT="5") as server:
        yield server, api_client.key


@hypothesis.settings(deadline=None, max_examples=40)
@given(
    format_params=st.sampled_from(["", "&format=ndjson", "&dialect=strict"]),
    filters=st.sampled_from(["", "&sender=sender%200", "&status=pending&phone=415", "&sender=nobody", "&country=DE"]),
    encoding_headers=st.sampled_from([{}, GZIP_HEADERS, {"Accept-Encoding": "gzip;q=0"}]),
)
def test_a_receipt_matches_any_file(
    limited_server: tuple[Server, str], format_params: str, filters: str, encoding_headers: dict[str, str]
) -> None:
    server, key = limited_server
    url = f"{server.url}{ALL}{format_params}{filters}"
    response = requests.get(url, headers={"X-API-Key": key, "Accept-Encoding": ""} | encoding_headers, timeout=SOON)
    manifest = receipt(server, key, response.headers["X-Export-Id"])
    file = response.content
    rows = file.count(b"\n{") + (file[:1] == b"{") if "ndjson" in format_params else len(table(file.removeprefix(BOM)))
    assert (manifest["state"], manifest["rows"], manifest["bytes"]) == ("finished", rows, len(file))
    assert manifest["sha256"] == sha256(file).hexdigest()
    assert manifest["truncated"] == (manifest["total"] > 5)
    assert manifest["rows"] == min(manifest["total"], 5)
