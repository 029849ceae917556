"""More requests than threads and queue slots of a server, and silent connections."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
import requests
from django.db import connection, transaction

from smsreports.concurrency.limits import MAX_QUEUED_REQUESTS, THREADS
from tests.conftest import create_api_client
from tests.server import HOST, Server, database_url, serving
from tests.waiting import SOON, within

LIST = "/api/v1/sms/messages"
# Requests that a server runs and queues while the lock blocks them.
CAPACITY = THREADS + MAX_QUEUED_REQUESTS
EXCESS = 5


@pytest.fixture(scope="module")
def key(committed: None) -> str:
    return create_api_client("acme").key


@pytest.fixture(scope="module")
def server(key: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("queue") / "log", DATABASE_URL=database_url()) as started:
        yield started


def send_request(server: Server, path: str, key: str) -> requests.Response:
    return requests.get(server.url + path, headers={"X-API-Key": key}, timeout=SOON)


def test_requests_get_a_503_at_once_when_the_queue_is_full(server: Server, key: str) -> None:
    with ThreadPoolExecutor(CAPACITY + EXCESS) as pool:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE messages_app_message")
            futures = [pool.submit(send_request, server, LIST, key) for _ in range(CAPACITY + EXCESS)]
            within(SOON, lambda: sum(future.done() for future in futures) == EXCESS)
            refused = [future.result() for future in futures if future.done()]
            page, health = send_request(server, "/reports/", ""), send_request(server, "/healthz", "")
        assert [future.result(SOON).status_code for future in futures].count(200) == CAPACITY
    assert {answer.json()["error_code"] for answer in refused} == {"UNAVAILABLE"}
    for answer in (*refused, page):
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.headers["X-Request-ID"]
        assert answer.headers["Cache-Control"] == "private, no-store"
    assert health.status_code == 200
    assert send_request(server, LIST, key).status_code == 200


def test_silent_connections_block_no_thread(server: Server, key: str) -> None:
    with ExitStack() as connections:
        for _ in range(2 * CAPACITY):
            connections.enter_context(socket.create_connection((HOST, server.port)))
        assert send_request(server, LIST, key).status_code == 200
