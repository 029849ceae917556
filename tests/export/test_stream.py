"""Exports from a real server: streaming, snapshots, failures, and lists that are served meanwhile."""

import json
import re
from collections.abc import Callable, Iterator
from http.client import IncompleteRead
from pathlib import Path
from typing import Any

import pytest
import requests
from django.db import connection

from tests.conftest import create_api_client, load_lines, message_line
from tests.export.conftest import BOM, EXPORT, table
from tests.server import Server, SlowReader, database_url, serving
from tests.waiting import SOON, within

# About 60 MB, more than fits into the buffers of both kernels, the database and the server together.
ROWS = 40_000
MEGABYTE = 1024 * 1024
# Bytes by which the server's memory may grow while it sends a much larger file.
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
    """Create a key of an account with many rows."""
    api_client = create_api_client("acme")
    run(MANY)
    run("ANALYZE messages_app_message")
    return api_client.key


@pytest.fixture
def reader(gunicorn: Server, key: str) -> Iterator[Callable[[], SlowReader]]:
    """Start slow readers of a whole export, and disconnect them after the test."""
    readers: list[SlowReader] = []

    def start() -> SlowReader:
        readers.append(SlowReader(gunicorn, ALL, key))
        return readers[-1]

    yield start
    for slow_reader in readers:
        slow_reader.close()
    within(SOON, lambda: not copying())


def test_a_file_is_one_snapshot_while_rows_change(reader: Callable[[], SlowReader]) -> None:
    slow_reader = reader()
    start = slow_reader.read(MEGABYTE)
    oldest = "created_at < '2026-02-13T12:00:00Z'::timestamptz - interval '39000 seconds'"
    oldest += " AND account_id = (SELECT id FROM accounts_account WHERE name = 'acme')"
    assert run(f"DELETE FROM messages_app_message WHERE {oldest}") > 0
    load_lines(message_line(client_message_id=f"new-{n}", created_at="2025-01-01T00:00:00Z") for n in range(100))
    rows = table(start + slow_reader.read())
    assert [row["client_message_id"] for row in rows] == [f"m-{n}" for n in range(1, ROWS + 1)]
    assert slow_reader.headers["X-Export-Total"] == str(ROWS)


def test_the_first_bytes_arrive_before_the_last_row_is_read(reader: Callable[[], SlowReader]) -> None:
    assert reader().read(64 * 1024).startswith(BOM + b"id,source,")
    assert copying()


def test_a_failure_after_the_first_row_breaks_the_body(reader: Callable[[], SlowReader], gunicorn: Server) -> None:
    slow_reader = reader()
    slow_reader.read(64 * 1024)
    copying = "query LIKE 'COPY%' AND datname = current_database()"
    assert run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {copying}") > 0
    with pytest.raises(IncompleteRead):
        slow_reader.read()
    # The error is PostgreSQL's message or the closed connection, whichever is read first.
    within(SOON, lambda: re.search("ExportBroken: (AdminShutdown|OperationalError)", gunicorn.log.read_text()))
    log = gunicorn.log.read_text()
    assert not any(word in log for word in ("long long", "+1415555", "COPY", "9999-12-31"))


def test_the_query_stops_when_the_client_disconnects(reader: Callable[[], SlowReader]) -> None:
    slow_reader = reader()
    slow_reader.read(64 * 1024)
    assert copying()
    slow_reader.close()
    within(SOON, lambda: not copying())


def test_lists_are_served_while_exports_are_read_slowly(
    reader: Callable[[], SlowReader], gunicorn: Server, key: str
) -> None:
    for _ in range(2):
        reader().read(1024)
    assert copying() == 2
    for _ in range(5):
        response = ask(gunicorn, key, "/api/v1/sms/messages")
        assert response.json()["limit"] == 25
        # No reader has read on, so both exports are still running.
        assert copying() == 2


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux shows the memory of a process")
def test_the_memory_of_the_server_stays_constant(reader: Callable[[], SlowReader], gunicorn: Server) -> None:
    slow_reader, size, before, peak = reader(), 0, gunicorn.memory(), 0
    while chunk := slow_reader.read(MEGABYTE):
        size += len(chunk)
        peak = max(peak, gunicorn.memory())
    assert peak - before < GROWTH < size


def test_a_head_request_has_the_headers_and_no_body(gunicorn: Server, key: str) -> None:
    response = requests.head(f"{gunicorn.url}{ALL}", headers={"X-API-Key": key}, timeout=SOON)
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert int(response.headers["X-Export-Total"]) > 0
    assert not copying()


def test_a_server_recovers_from_lost_database_connections(gunicorn: Server, key: str) -> None:
    path = "/api/v1/sms/messages"
    assert ask(gunicorn, key, path).status_code == 200
    run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> ALL(%s)",
        [own_backends()],
    )
    assert ask(gunicorn, key, path).status_code == 200


@pytest.mark.parametrize(("total", "truncated"), [(2, "false"), (3, "false"), (4, "true")])
def test_the_headers_show_if_a_file_is_truncated(
    limited_server: tuple[Server, str], total: int, truncated: str
) -> None:
    response = ask(*limited_server, f"{EXPORT}?from=2026-02-1{total}&to=2026-02-1{total}")
    headers = {name: response.headers[f"X-Export-{name}"] for name in ("Limit", "Total", "Truncated")}
    assert headers == {"Limit": "3", "Total": str(total), "Truncated": truncated}
    assert [row["client_message_id"] for row in table(response.content)] == [f"d{total}-{n}" for n in range(total)][:3]


@pytest.mark.parametrize(("day", "rows"), [("2026-02-11", 0), ("2026-02-13", 3)])
def test_json_has_nothing_before_the_first_row(limited_server: tuple[Server, str], day: str, rows: int) -> None:
    """An empty chunk would end the body."""
    response = ask(*limited_server, f"{EXPORT}?from={day}&to={day}&format=ndjson")
    assert [json.loads(line)["status"] for line in response.text.splitlines()] == ["pending"] * rows


@pytest.fixture(scope="module")
def limited_server(committed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    """Start a server that exports at most three rows. Returns it with a key of an account.

    The account has 2 rows on day 12, 3 on day 13 and 4 on day 14.
    """
    api_client = create_api_client("initech")
    load_lines(
        message_line(account="initech", client_message_id=f"d{day}-{n}", created_at=f"2026-02-1{day}T12:00:{59 - n}Z")
        for day in (2, 3, 4)
        for n in range(day)
    )
    log = tmp_path_factory.mktemp("limited") / "log"
    with serving(log, DATABASE_URL=database_url(), SMSREPORTS_EXPORT_LIMIT="3") as server:
        yield server, api_client.key


def ask(server: Server, key: str, path: str) -> requests.Response:
    return requests.get(f"{server.url}{path}", headers={"X-API-Key": key}, timeout=SOON)


def run(sql: str, params: list[Any] | None = None) -> int:
    """Execute a statement and return the number of rows that it wrote or found."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.rowcount)


def copying() -> int:
    """Return the number of running COPY statements."""
    return run(
        "SELECT FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'COPY%' AND datname = current_database()"
    )


def own_backends() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE pid = pg_backend_pid() OR datname <> current_database()")
        return [pid for (pid,) in cursor.fetchall()]
