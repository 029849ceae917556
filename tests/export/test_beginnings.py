"""A file that cannot begin is answered as an error, in the dialect's own shape, and not by a file that breaks."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import pytest
from django.db import connection

from tests.conftest import load, message, person
from tests.export.conftest import EXPORT
from tests.export.test_stream import ask, run
from tests.server import Server
from tests.waiting import SOON, within

WAITING = "FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'COPY%' AND datname = current_database()"


@pytest.fixture
def key(committed: None) -> str:
    load([message()])
    return person("acme").key


@contextmanager
def locked(table: str) -> Iterator[None]:
    """Nobody reads it meanwhile. On a connection of its own: within a transaction, activity stands still."""
    holder = connection.copy()
    with closing(holder), holder.cursor() as cursor:
        cursor.execute(f"BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield


def test_a_fault_before_the_first_row_is_answered_as_one(gunicorn: Server, key: str) -> None:
    with ThreadPoolExecutor(1) as client:
        with locked("messages_app_message"):
            asked = client.submit(ask, gunicorn, key, f"{EXPORT}?to=9999-12-31&format=ndjson")
            within(SOON, lambda: run(f"SELECT {WAITING}") == 1)
            run(f"SELECT pg_terminate_backend(pid) {WAITING}")
        answer = asked.result()
    assert (answer.status_code, answer.json()["error_code"]) == (503, "UNAVAILABLE")
    assert int(answer.headers["Retry-After"]) > 0
    assert "X-Export-Id" not in answer.headers
    assert run("SELECT FROM audit_exportend WHERE NOT is_whole") == 1
