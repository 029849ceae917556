"""Health and readiness probes of load balancers and orchestrators, under any host name."""

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
from tests.server import Server, serving
from tests.waiting import within

SOON = 60


@pytest.fixture(autouse=True)
def forget_migrations() -> Iterator[None]:
    """Clear the cached state of migrations before and after each test."""
    _check_migrations.cache_clear()
    yield
    _check_migrations.cache_clear()


@pytest.fixture
def migrations(committed: None) -> Iterator[CursorWrapper]:
    """A cursor for changes to the table of migrations. They are committed, so that the pinger sees them."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE kept AS TABLE django_migrations")
        yield cursor
        cursor.execute("TRUNCATE django_migrations")
        cursor.execute("INSERT INTO django_migrations OVERRIDING SYSTEM VALUE TABLE kept")
        cursor.execute("DROP TABLE kept")


def get_readyz() -> tuple[int, dict[str, Any]]:
    answer = CLIENT.get("/readyz")
    return answer.status_code, answer.json()


def test_a_process_with_its_tables_is_ready(committed: None) -> None:
    assert get_readyz() == (200, {"status": "ready"})
    assert CLIENT.post("/readyz").status_code == 405


def test_migrations_are_checked_until_they_are_applied(migrations: CursorWrapper) -> None:
    migrations.execute("DELETE FROM django_migrations WHERE app = 'counters'")
    assert get_readyz() == (503, {"status": "migrations are not applied"})
    assert CLIENT.get("/healthz").status_code == 200
    migrations.execute(
        "INSERT INTO django_migrations OVERRIDING SYSTEM VALUE SELECT * FROM kept WHERE app = 'counters'"
    )
    assert get_readyz() == (200, {"status": "ready"})
    migrations.execute("DELETE FROM django_migrations")
    assert get_readyz() == (200, {"status": "ready"})


def test_migrations_of_a_newer_release_are_accepted(migrations: CursorWrapper) -> None:
    """They are there while workers are replaced one after the other."""
    migrations.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('counters', '9999_new', now())")
    assert get_readyz() == (200, {"status": "ready"})


def test_a_process_that_is_stopping_is_not_ready(committed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutdown, "_is_stopping", False)
    shutdown.begin_shutdown()
    assert get_readyz() == (503, {"status": "stopping"})
    assert CLIENT.get("/healthz").status_code == 200


def test_a_process_with_a_read_only_database_is_not_ready(committed: None) -> None:
    """A standby is read-only, and so is a server whose disk is full."""
    with connection.cursor() as cursor:
        database = connection.ops.quote_name(connection.settings_dict["NAME"])
        try:
            cursor.execute(f"ALTER DATABASE {database} SET default_transaction_read_only = on")
            assert get_readyz() == (503, {"status": "the database is read-only"})
            assert CLIENT.get("/healthz").status_code == 200
        finally:
            cursor.execute(f"ALTER DATABASE {database} RESET default_transaction_read_only")
    assert get_readyz() == (200, {"status": "ready"})


def test_no_request_hangs_while_the_database_is_suspended(tmp_path: Path) -> None:
    """Probes fail, other requests get a 503, and both recover with the database."""
    data = tmp_path / "data"
    with serving(tmp_path / "log", DATABASE_URL="", SMSREPORTS_DATA=str(data)) as server, ExitStack() as stack:
        get = partial(requests.get, cookies={"sessionid": "x" * 32}, allow_redirects=False, timeout=SOON)
        within(SOON, lambda: get(f"{server.url}/healthz").status_code == 200)
        assert get(f"{server.url}/readyz").json() == {"status": "migrations are not applied"}
        for pid in list_postgres_pids(Layout.for_data(data)):
            os.kill(pid, signal.SIGSTOP)
            stack.callback(os.kill, pid, signal.SIGCONT)
        for path in 2 * ("/healthz", "/readyz"):
            answer = get(server.url + path)
            assert (answer.status_code, answer.json()) == (503, {"status": "the database does not answer"})
        page = get(f"{server.url}/admin/")
        assert (page.status_code, int(page.headers["Retry-After"]) > 0) == (503, True)
        stack.close()
        within(SOON, lambda: get(f"{server.url}/healthz").status_code == 200)


def list_postgres_pids(layout: Layout) -> list[int]:
    """Return the process ids of the embedded PostgreSQL. Only Linux lists the children."""
    postmaster = int((layout.postgres / "postmaster.pid").read_text().splitlines()[0])
    return [postmaster, *map(int, Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split())]


def test_a_process_without_its_database_is_not_ready(without_database: Server) -> None:
    answer = requests.get(f"{without_database.url}/readyz", timeout=30)
    assert (answer.status_code, answer.json()) == (503, {"status": "the database does not answer"})


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_a_probe_may_use_an_ip_address_and_no_tls(db: None, settings: Any, path: str) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert Client().get(path, headers={"Host": "10.1.2.3:8000"}).status_code == 200


@pytest.mark.parametrize("path", ["/healthzz", "/metrics/x", "/", "/admin/login/"])
def test_other_paths_require_an_allowed_host_and_tls(db: None, settings: Any, path: str) -> None:
    assert CLIENT.get(path, headers={"Host": "10.1.2.3:8000"}).status_code == 400
    settings.SECURE_SSL_REDIRECT = True
    assert Client().get(path).status_code == 301
