"""A file from a real server: a snapshot that streams, that breaks when it must, and that nobody has to wait for."""

import json
import re
from collections.abc import Callable, Iterator
from http.client import IncompleteRead
from pathlib import Path
from typing import Any

import pytest
import requests
from django.db import connection

from tests.conftest import load, message, person
from tests.export.conftest import BOM, EXPORT, table
from tests.server import Server, SlowReader, database_url, serving
from tests.waiting import SOON as SOON
from tests.waiting import within as within

# Some 60 MB, more than the buffers of two kernels, the database and the server hold together.
ROWS = 40_000
MEGABYTE = 1024 * 1024
# What a server may grow by while it sends a file of many times that.
GROWTH = 32 * MEGABYTE
ALL = f"{EXPORT}?to=9999-12-31"

MANY = f"""
    INSERT INTO messages_app_message (account_id, client_message_id, request_key, heads_request, recipient, sender_id,
        text, status, status_code, segments, cost, created_at, status_at)
    SELECT id, 'm-' || n, 'm-' || n, true, '+14155551234', 'MyApp', repeat('long ', 300), 'DELIVRD', '000', 2, 0.0085,
        '2026-02-13T12:00:00Z'::timestamptz - n * interval '1 second', '2026-02-13T12:00:00Z'
    FROM accounts_account, generate_series(1, {ROWS}) n WHERE name = 'acme'
"""


@pytest.fixture(scope="module")
def key(committed: None) -> str:
    """A key of an account with many rows."""
    who = person("acme")
    run(MANY)
    run("ANALYZE messages_app_message")
    return who.key


@pytest.fixture
def reader(gunicorn: Server, key: str) -> Iterator[Callable[[], SlowReader]]:
    """Slow readers of everything, who have left when the test ends."""
    made: list[SlowReader] = []

    def start() -> SlowReader:
        made.append(SlowReader(gunicorn, ALL, key))
        return made[-1]

    yield start
    for each in made:
        each.leave()
    within(SOON, lambda: not copying())


def test_a_file_is_one_snapshot_while_rows_come_and_go(reader: Callable[[], SlowReader]) -> None:
    slow = reader()
    start = slow.read(MEGABYTE)
    oldest = "created_at < '2026-02-13T12:00:00Z'::timestamptz - interval '39000 seconds'"
    oldest += " AND account_id = (SELECT id FROM accounts_account WHERE name = 'acme')"
    assert run(f"DELETE FROM messages_app_message WHERE {oldest}") > 0
    load(message(client_message_id=f"new-{n}", created_at="2025-01-01T00:00:00Z") for n in range(100))
    rows = table(start + slow.read())
    assert [row["client_message_id"] for row in rows] == [f"m-{n}" for n in range(1, ROWS + 1)]
    assert slow.headers["X-Export-Total"] == str(ROWS)


def test_the_first_bytes_come_before_the_last_row_is_read(reader: Callable[[], SlowReader]) -> None:
    assert reader().read(64 * 1024).startswith(BOM + b"id,source,")
    assert copying()


def test_a_failure_midway_breaks_the_body(reader: Callable[[], SlowReader], gunicorn: Server) -> None:
    slow = reader()
    slow.read(64 * 1024)
    copying = "query LIKE 'COPY%' AND datname = current_database()"
    assert run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {copying}") > 0
    with pytest.raises(IncompleteRead):
        slow.read()
    # Its last words, or the closed connection, whichever is read first.
    within(SOON, lambda: re.search("ExportBroken: (AdminShutdown|OperationalError)", gunicorn.log.read_text()))
    log = gunicorn.log.read_text()
    assert not any(word in log for word in ("long long", "+1415555", "COPY", "9999-12-31"))


def test_a_client_that_leaves_stops_the_query(reader: Callable[[], SlowReader]) -> None:
    slow = reader()
    slow.read(64 * 1024)
    assert copying()
    slow.leave()
    within(SOON, lambda: not copying())


def test_lists_are_answered_while_files_are_read_slowly(
    reader: Callable[[], SlowReader], gunicorn: Server, key: str
) -> None:
    for _ in range(2):
        reader().read(1024)
    assert copying() == 2
    for _ in range(5):
        answer = ask(gunicorn, key, "/api/v1/sms/messages")
        assert answer.json()["limit"] == 25
        # Nobody has read on: the files are still on their way.
        assert copying() == 2


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells what a process holds")
def test_the_servers_memory_stays_flat(reader: Callable[[], SlowReader], gunicorn: Server) -> None:
    slow, size, before, most = reader(), 0, gunicorn.memory(), 0
    while block := slow.read(MEGABYTE):
        size += len(block)
        most = max(most, gunicorn.memory())
    assert most - before < GROWTH < size


def test_a_head_request_has_the_headers_and_no_body(gunicorn: Server, key: str) -> None:
    answer = requests.head(f"{gunicorn.url}{ALL}", headers={"X-API-Key": key}, timeout=SOON)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert int(answer.headers["X-Export-Total"]) > 0
    assert not copying()


def test_a_server_outlives_its_connections_to_the_database(gunicorn: Server, key: str) -> None:
    path = "/api/v1/sms/messages"
    assert ask(gunicorn, key, path).status_code == 200
    run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> ALL(%s)",
        [own_backends()],
    )
    assert ask(gunicorn, key, path).status_code == 200


@pytest.mark.parametrize(("total", "truncated"), [(2, "false"), (3, "false"), (4, "true")])
def test_a_file_tells_whether_it_is_cut(limited: tuple[Server, str], total: int, truncated: str) -> None:
    answer = ask(*limited, f"{EXPORT}?from=2026-02-1{total}&to=2026-02-1{total}")
    told = {name: answer.headers[f"X-Export-{name}"] for name in ("Limit", "Total", "Truncated")}
    assert told == {"Limit": "3", "Total": str(total), "Truncated": truncated}
    assert [row["client_message_id"] for row in table(answer.content)] == [f"d{total}-{n}" for n in range(total)][:3]


@pytest.mark.parametrize(("day", "rows"), [("2026-02-11", 0), ("2026-02-13", 3)])
def test_lines_of_json_have_nothing_before_the_first_row(limited: tuple[Server, str], day: str, rows: int) -> None:
    """An empty block would end the body."""
    answer = ask(*limited, f"{EXPORT}?from={day}&to={day}&format=ndjson")
    assert [json.loads(line)["status"] for line in answer.text.splitlines()] == ["pending"] * rows


@pytest.fixture(scope="module")
def limited(committed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    """A server whose files hold three rows, and a key of an account with days of as many rows as their date says."""
    who = person("initech")
    load(
        message(account="initech", client_message_id=f"d{day}-{n}", created_at=f"2026-02-1{day}T12:00:{59 - n}Z")
        for day in (2, 3, 4)
        for n in range(day)
    )
    log = tmp_path_factory.mktemp("limited") / "log"
    with serving(log, DATABASE_URL=database_url(), SMSREPORTS_EXPORT_LIMIT="3") as server:
        yield server, who.key


def ask(server: Server, key: str, path: str) -> requests.Response:
    return requests.get(f"{server.url}{path}", headers={"X-API-Key": key}, timeout=SOON)


def run(sql: str, params: list[Any] | None = None) -> int:
    """The number of rows that a statement wrote or found."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.rowcount)


def copying() -> int:
    """How many files the database is reading out."""
    return run(
        "SELECT FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'COPY%' AND datname = current_database()"
    )


def own_backends() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE pid = pg_backend_pid() OR datname <> current_database()")
        return [pid for (pid,) in cursor.fetchall()]
