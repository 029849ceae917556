"""A file proves that it is whole: its receipt says what was sent, and a broken one never looks whole."""

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
from tests.conftest import DAY, load, message, person
from tests.export.conftest import BOM, EXPORT, table
from tests.export.test_stream import ALL, MANY, MEGABYTE, ask, run
from tests.server import HOST, Server, SlowReader, database_url, serving
from tests.waiting import SOON, within

PACKED = {"Accept-Encoding": "gzip"}
NOTHING = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def key(committed: None) -> str:
    who = person("acme")
    run(MANY)
    run("ANALYZE messages_app_message")
    return who.key


@pytest.fixture
def reader(gunicorn: Server, key: str) -> Iterator[Callable[..., SlowReader]]:
    made: list[SlowReader] = []

    def start(**headers: str) -> SlowReader:
        made.append(SlowReader(gunicorn, ALL, key, headers))
        return made[-1]

    yield start
    for each in made:
        each.leave()
        within(SOON, partial(has_ended, gunicorn, key, each.headers["X-Export-Id"]))


def has_ended(server: Server, key: str, export: str) -> bool:
    return bool(receipt(server, key, export)["state"] != "running")


def receipt(server: Server, key: str, export: str) -> dict[str, Any]:
    answer = ask(server, key, f"{EXPORT}/{export}/receipt")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["receipt"]
    return found


@pytest.mark.parametrize("packed", [{}, PACKED], ids=["plain", "gzip"])
def test_a_receipt_tells_what_was_sent(gunicorn: Server, key: str, packed: dict[str, str]) -> None:
    answer = requests.get(gunicorn.url + ALL, headers={"X-API-Key": key, "Accept-Encoding": ""} | packed, timeout=SOON)
    told = receipt(gunicorn, key, answer.headers["X-Export-Id"])
    assert (told["state"], told["truncated"]) == ("finished", False)
    assert told["rows"] == told["total"] == len(table(answer.content)) == int(answer.headers["X-Export-Total"])
    assert (told["bytes"], told["sha256"]) == (len(answer.content), sha256(answer.content).hexdigest())
    assert told["started_at"] <= told["ended_at"]
    assert answer.headers.get("Content-Encoding") == ("gzip" if packed else None)
    assert "Accept-Encoding" in answer.headers["Vary"]


def test_the_receipt_is_there_when_the_file_is(gunicorn: Server, key: str) -> None:
    for _ in range(20):
        answer = ask(gunicorn, key, f"{EXPORT}?from={DAY}&to={DAY}&sender=nobody")
        assert receipt(gunicorn, key, answer.headers["X-Export-Id"])["state"] == "finished"


def test_a_receipt_is_its_accounts_alone(gunicorn: Server, key: str) -> None:
    export = ask(gunicorn, key, f"{EXPORT}?sender=nobody").headers["X-Export-Id"]
    stranger = person("globex").key
    for who, id_ in ((stranger, export), (key, NOTHING), (key, export.upper()), (key, "x"), (key, "%00")):
        answer = ask(gunicorn, who, f"{EXPORT}/{id_}/receipt")
        assert (answer.status_code, answer.json()["error_code"]) == (404, "NOT_FOUND")


def test_a_file_on_its_way_runs(gunicorn: Server, key: str, reader: Callable[..., SlowReader]) -> None:
    slow = reader()
    told = receipt(gunicorn, key, slow.headers["X-Export-Id"])
    assert (told["state"], told["rows"], told["sha256"], told["ended_at"]) == ("running", None, None, None)
    assert told["total"] == int(slow.headers["X-Export-Total"])


def test_a_client_that_leaves_has_a_broken_file(gunicorn: Server, key: str, reader: Callable[..., SlowReader]) -> None:
    slow = reader()
    slow.read(MEGABYTE)
    slow.leave()
    within(SOON, lambda: receipt(gunicorn, key, slow.headers["X-Export-Id"])["state"] == "broken")
    told = receipt(gunicorn, key, slow.headers["X-Export-Id"])
    assert 0 < told["rows"] < told["total"]


@pytest.mark.parametrize("packed", [{}, PACKED], ids=["plain", "gzip"])
def test_a_fault_midway_is_a_broken_file(
    gunicorn: Server, key: str, reader: Callable[..., SlowReader], packed: dict[str, str]
) -> None:
    slow = reader(**packed)
    slow.read(1024)
    copying = "query LIKE 'COPY%' AND datname = current_database()"
    assert run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {copying}") > 0
    with pytest.raises(IncompleteRead):
        slow.read()
    assert receipt(gunicorn, key, slow.headers["X-Export-Id"])["state"] == "broken"


def test_a_receipt_that_cannot_be_kept_breaks_the_file(gunicorn: Server, key: str) -> None:
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


def test_an_account_takes_two_files_at_once_and_others_theirs(
    gunicorn: Server, key: str, reader: Callable[..., SlowReader]
) -> None:
    first, _ = reader(), reader()
    refused = ask(gunicorn, key, ALL)
    assert (refused.status_code, refused.json()["error_code"]) == (429, "RATE_LIMIT_EXCEEDED")
    assert int(refused.headers["Retry-After"]) > 0
    assert ask(gunicorn, person("globex").key, ALL).status_code == 200
    assert ask(gunicorn, key, "/api/v1/sms/messages").status_code == 200
    first.leave()
    # The place is free when PostgreSQL has noticed the end of the connection that held it.
    within(SOON, lambda: ask(gunicorn, key, f"{EXPORT}?sender=nobody").status_code == 200)


def test_a_process_sends_three_files_at_once(gunicorn: Server, key: str, reader: Callable[..., SlowReader]) -> None:
    other = person("globex").key
    run(MANY.replace("acme", "globex"))
    readers = [reader(), reader(), SlowReader(gunicorn, ALL, other)]
    refused = ask(gunicorn, other, ALL)
    assert (refused.status_code, refused.json()["error_code"]) == (503, "UNAVAILABLE")
    assert int(refused.headers["Retry-After"]) > 0
    readers[2].leave()
    within(SOON, partial(has_ended, gunicorn, other, readers[2].headers["X-Export-Id"]))


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="only Linux tells who a process's children are")
def test_a_killed_worker_leaves_a_broken_file(committed: None, key: str, tmp_path: Path) -> None:
    with serving(tmp_path / "log", DATABASE_URL=database_url()) as server:
        slow = SlowReader(server, ALL, key)
        assert slow.read(1024).startswith(BOM)
        export = slow.headers["X-Export-Id"]
        assert receipt(server, key, export)["state"] == "running"
        os.kill(server.worker(), signal.SIGKILL)
        with pytest.raises((IncompleteRead, ConnectionError)):
            slow.read()
        slow.leave()
        within(SOON, lambda: told_by_anybody(server, key, export) not in ("running", None))
        assert receipt(server, key, export)["state"] == "broken"
        assert not ExportEnd.objects.filter(export_id=export).exists()


def told_by_anybody(server: Server, key: str, export: str) -> str | None:
    """None while the next worker starts."""
    try:
        return str(receipt(server, key, export)["state"])
    except requests.ConnectionError:
        return None


def test_a_head_request_begins_nothing(gunicorn: Server, key: str) -> None:
    before = run("SELECT FROM audit_export")
    answer = requests.head(f"{gunicorn.url}{ALL}", headers={"X-API-Key": key}, timeout=SOON)
    assert "X-Export-Id" not in answer.headers
    assert run("SELECT FROM audit_export") == before


def test_http_of_old_gets_no_file(gunicorn: Server, key: str) -> None:
    """The end of the connection would be the end of its file, also where that broke."""
    with socket.create_connection((HOST, gunicorn.port), SOON) as old:
        old.sendall(f"GET {ALL} HTTP/1.0\r\nX-API-Key: {key}\r\n\r\n".encode())
        answer = old.makefile("rb").read()
    assert b" 400 " in answer
    assert b"needs HTTP/1.1" in answer


@pytest.fixture(scope="module")
def cut(committed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    """A server whose files hold five rows, and a key of an account with eight, of two senders."""
    who = person("initech")
    load(
        message(account="initech", client_message_id=f"i-{n}", sender_id=f"sender {n % 2}", message="é\n,=" * n)
        for n in range(8)
    )
    log = tmp_path_factory.mktemp("cut") / "log"
    with serving(log, DATABASE_URL=database_url(), SMSREPORTS_EXPORT_LIMIT="5") as server:
        yield server, who.key


@hypothesis.settings(deadline=None, max_examples=40)
@given(
    form=st.sampled_from(["", "&format=ndjson", "&dialect=strict"]),
    filters=st.sampled_from(["", "&sender=sender%200", "&status=pending&phone=415", "&sender=nobody", "&country=DE"]),
    packed=st.sampled_from([{}, PACKED, {"Accept-Encoding": "gzip;q=0"}]),
)
def test_a_receipt_is_true_of_any_file(
    cut: tuple[Server, str], form: str, filters: str, packed: dict[str, str]
) -> None:
    server, key = cut
    url = f"{server.url}{ALL}{form}{filters}"
    answer = requests.get(url, headers={"X-API-Key": key, "Accept-Encoding": ""} | packed, timeout=SOON)
    told = receipt(server, key, answer.headers["X-Export-Id"])
    file = answer.content
    rows = file.count(b"\n{") + (file[:1] == b"{") if "ndjson" in form else len(table(file.removeprefix(BOM)))
    assert (told["state"], told["rows"], told["bytes"]) == ("finished", rows, len(file))
    assert told["sha256"] == sha256(file).hexdigest()
    assert told["truncated"] == (told["total"] > 5)
    assert told["rows"] == min(told["total"], 5)
