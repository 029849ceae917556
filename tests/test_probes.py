"""What load balancers and orchestrators ask, by whatever name, and what they are told."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.test import Client

from smsreports.database.pinger import _check_migrations
from smsreports.embedded_postgres.layout import Layout
from smsreports.serving import shutdown
from tests.conftest import CLIENT
from tests.export.test_stream import within
from tests.server import Server, serving

SOON = 60


@pytest.fixture(autouse=True)
def unasked() -> Iterator[None]:
    """A process that was not asked yet, and does not remember what a test made of its tables."""
    _check_migrations.cache_clear()
    yield
    _check_migrations.cache_clear()


@pytest.fixture
def migrations(committed: None) -> Iterator[CursorWrapper]:
    """A cursor for a test that writes into the table of migrations, where the pinger's connection sees it."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE kept AS TABLE django_migrations")
        yield cursor
        cursor.execute("TRUNCATE django_migrations")
        cursor.execute("INSERT INTO django_migrations OVERRIDING SYSTEM VALUE TABLE kept")
        cursor.execute("DROP TABLE kept")


def asked() -> tuple[int, dict[str, Any]]:
    answer = CLIENT.get("/readyz")
    return answer.status_code, answer.json()


def test_a_process_with_its_tables_is_ready(committed: None) -> None:
    assert asked() == (200, {"status": "ready"})
    assert CLIENT.post("/readyz").status_code == 405


def test_migrations_are_looked_at_until_they_are_applied(migrations: CursorWrapper) -> None:
    migrations.execute("DELETE FROM django_migrations WHERE app = 'counters'")
    assert asked() == (503, {"status": "migrations are not applied"})
    assert CLIENT.get("/healthz").status_code == 200
    migrations.execute(
        "INSERT INTO django_migrations OVERRIDING SYSTEM VALUE SELECT * FROM kept WHERE app = 'counters'"
    )
    assert asked() == (200, {"status": "ready"})
    migrations.execute("DELETE FROM django_migrations")
    assert asked() == (200, {"status": "ready"})


def test_migrations_of_a_newer_release_are_no_fault(migrations: CursorWrapper) -> None:
    """As while workers are replaced one after the other."""
    migrations.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('counters', '9999_new', now())")
    assert asked() == (200, {"status": "ready"})


def test_a_process_that_is_stopping_says_so(committed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutdown, "_is_stopping", False)
    shutdown.begin_shutdown()
    assert asked() == (503, {"status": "stopping"})
    assert CLIENT.get("/healthz").status_code == 200


def test_a_database_that_takes_no_writes_is_not_ready(committed: None) -> None:
    """As a standby is, or a server whose disk is full."""
    with connection.cursor() as cursor:
        database = connection.ops.quote_name(connection.settings_dict["NAME"])
        try:
            cursor.execute(f"ALTER DATABASE {database} SET default_transaction_read_only = on")
            assert asked() == (503, {"status": "the database is read-only"})
            assert CLIENT.get("/healthz").status_code == 200
        finally:
            cursor.execute(f"ALTER DATABASE {database} RESET default_transaction_read_only")
    assert asked() == (200, {"status": "ready"})


def test_a_suspended_database_hangs_nobody(tmp_path: Path) -> None:
    """Probes say so, others are told to come back, and when it goes on so does everybody."""
    data = tmp_path / "data"
    with serving(tmp_path / "log", DATABASE_URL="", SMSREPORTS_DATA=str(data)) as server, ExitStack() as stack:
        ask = partial(requests.get, cookies={"sessionid": "x" * 32}, allow_redirects=False, timeout=SOON)
        within(SOON, lambda: ask(f"{server.url}/healthz").status_code == 200)
        assert ask(f"{server.url}/readyz").json() == {"status": "migrations are not applied"}
        for pid in processes(Layout.of(data)):
            os.kill(pid, signal.SIGSTOP)
            stack.callback(os.kill, pid, signal.SIGCONT)
        for path in 2 * ("/healthz", "/readyz"):
            answer = ask(server.url + path)
            assert (answer.status_code, answer.json()) == (503, {"status": "the database does not answer"})
        page = ask(f"{server.url}/admin/")
        assert (page.status_code, int(page.headers["Retry-After"]) > 0) == (503, True)
        stack.close()
        within(SOON, lambda: ask(f"{server.url}/healthz").status_code == 200)


def processes(layout: Layout) -> list[int]:
    """The embedded PostgreSQL's; Linux tells."""
    first = int((layout.postgres / "postmaster.pid").read_text().splitlines()[0])
    return [first, *map(int, Path(f"/proc/{first}/task/{first}/children").read_text().split())]


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
