"""More requests than a server has threads and places in its queue, and clients who connect and say nothing."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
import requests
from django.db import connection, transaction

from smsreports.concurrency.limits import MAX_QUEUED_REQUESTS, THREADS
from tests.conftest import person
from tests.server import HOST, Server, database_url, serving
from tests.waiting import SOON, within

LIST = "/api/v1/sms/messages"
# Behind the lock each of these holds a thread, or waits for one.
TAKEN = THREADS + MAX_QUEUED_REQUESTS
TOO_MANY = 5


@pytest.fixture(scope="module")
def key(committed: None) -> str:
    return person("acme").key


@pytest.fixture(scope="module")
def server(key: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("queue") / "log", DATABASE_URL=database_url()) as found:
        yield found


def ask(server: Server, path: str, key: str) -> requests.Response:
    return requests.get(server.url + path, headers={"X-API-Key": key}, timeout=SOON)


def test_who_finds_the_queue_full_is_told_so_at_once(server: Server, key: str) -> None:
    with ThreadPoolExecutor(TAKEN + TOO_MANY) as people:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE messages_app_message")
            asked = [people.submit(ask, server, LIST, key) for _ in range(TAKEN + TOO_MANY)]
            within(SOON, lambda: sum(one.done() for one in asked) == TOO_MANY)
            refused = [one.result() for one in asked if one.done()]
            page, alive = ask(server, "/reports/", ""), ask(server, "/healthz", "")
        assert [one.result(SOON).status_code for one in asked].count(200) == TAKEN
    assert {answer.json()["error_code"] for answer in refused} == {"UNAVAILABLE"}
    for answer in (*refused, page):
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.headers["X-Request-ID"]
        assert answer.headers["Cache-Control"] == "private, no-store"
    assert alive.status_code == 200
    assert ask(server, LIST, key).status_code == 200


def test_who_connects_and_says_nothing_holds_nobody_up(server: Server, key: str) -> None:
    with ExitStack() as silent:
        for _ in range(2 * TAKEN):
            silent.enter_context(socket.create_connection((HOST, server.port)))
        assert ask(server, LIST, key).status_code == 200
