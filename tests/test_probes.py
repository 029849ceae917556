"""What load balancers and orchestrators ask, by whatever name, and what they are told."""

from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest
import requests
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from smsreports import probes
from smsreports.serving import stopping
from tests.conftest import CLIENT
from tests.server import Server


@pytest.fixture(autouse=True)
def unasked() -> Iterator[None]:
    """A process that was not asked yet, and does not remember what a test made of its tables."""
    probes._check_migrations.cache_clear()
    yield
    probes._check_migrations.cache_clear()


def asked() -> tuple[int, dict[str, Any]]:
    answer = CLIENT.get("/readyz")
    return answer.status_code, answer.json()


def test_a_process_with_its_tables_is_ready(db: None) -> None:
    assert asked() == (200, {"status": "ready"})
    assert CLIENT.post("/readyz").status_code == 405


def test_migrations_are_looked_at_until_they_are_applied(db: None) -> None:
    last = "DELETE FROM django_migrations WHERE app = 'counters' RETURNING app, name, applied"
    with connection.cursor() as cursor:
        cursor.execute(last)
        rows = cursor.fetchall()
        assert asked() == (503, {"status": "migrations are not applied"})
        cursor.executemany("INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, %s)", rows)
    assert asked() == (200, {"status": "ready"})
    with CaptureQueriesContext(connection) as queries:
        assert asked() == (200, {"status": "ready"})
    assert [query["sql"] for query in queries.captured_queries] == ["SELECT 1"]


def test_migrations_of_a_newer_release_are_no_fault(db: None) -> None:
    """As while workers are replaced one after the other."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('counters', '9999_new', now())")
    assert asked() == (200, {"status": "ready"})


def test_a_process_that_is_stopping_says_so(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "_told", Event())
    stopping.begin()
    assert asked() == (503, {"status": "stopping"})
    assert CLIENT.get("/healthz").status_code == 200


def test_without_its_database_it_is_not_ready(without_database: Server) -> None:
    answer = requests.get(f"{without_database.url}/readyz", timeout=30)
    assert (answer.status_code, answer.json()) == (503, {"status": "the database does not answer"})


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_a_probe_asks_by_an_address_and_without_tls(db: None, settings: Any, path: str) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert Client().get(path, headers={"Host": "10.1.2.3:8000"}).status_code == 200


@pytest.mark.parametrize("path", ["/healthzz", "/metrics/x", "/", "/admin/login/"])
def test_nobody_else_does(db: None, settings: Any, path: str) -> None:
    assert CLIENT.get(path, headers={"Host": "10.1.2.3:8000"}).status_code == 400
    settings.SECURE_SSL_REDIRECT = True
    assert Client().get(path).status_code == 301
