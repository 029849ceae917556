"""Errors before the first row of an export, which get an error response in the format of the dialect."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import pytest
from django.db import connection

from tests.conftest import create_api_client, load_lines, message_line
from tests.export.conftest import EXPORT
from tests.export.test_stream import ask, run
from tests.server import Server
from tests.waiting import SOON, within

WAITING_COPIES = (
    "FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'COPY%' AND datname = current_database()"
)


@pytest.fixture
def key(committed: None) -> str:
    load_lines([message_line()])
    return create_api_client("acme").key


@contextmanager
def locked_table(table: str) -> Iterator[None]:
    """Lock a table against reading. It uses its own connection, because pg_stat_activity is fixed in a transaction."""
    lock_connection = connection.copy()
    with closing(lock_connection), lock_connection.cursor() as cursor:
        cursor.execute(f"BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield


def test_an_error_before_the_first_row_gets_an_error_response(gunicorn: Server, key: str) -> None:
    with ThreadPoolExecutor(1) as client:
        with locked_table("messages_app_message"):
            response_future = client.submit(ask, gunicorn, key, f"{EXPORT}?to=9999-12-31&format=ndjson")
            within(SOON, lambda: run(f"SELECT {WAITING_COPIES}") == 1)
            run(f"SELECT pg_terminate_backend(pid) {WAITING_COPIES}")
        response = response_future.result()
    assert (response.status_code, response.json()["error_code"]) == (503, "UNAVAILABLE")
    assert int(response.headers["Retry-After"]) > 0
    assert "X-Export-Id" not in response.headers
    assert run("SELECT FROM audit_exportend WHERE NOT is_whole") == 1
