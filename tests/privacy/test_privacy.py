"""Whatever a busy minute writes, besides the traffic itself, holds no number, no text and no key."""

import re
from collections.abc import Iterator

import pytest
import requests
from django.apps import apps
from django.db import connection

from smsreports.accounts.managers import AccountScopedManager
from tests.privacy.busy import DIGITS, Minute
from tests.server import database_url, serving

# In each text a run of letters or digits that would be found however its quotes and accents are written.
WORDS = ("73190284", "Quittengelee", "quittengelee", "nightingale")
# A masked number shows less of its end, and a country less of its beginning.
PARTS = [digits[start : start + 8] for digits in DIGITS for start in range(len(digits) - 7)]

# More than so many, of every kind.
REQUESTS = 150


class Written:
    """What one busy minute left behind, by where it lies."""

    def __init__(self, log: str, metrics: str, minute: Minute) -> None:
        self.places = {"log": log, "metrics": metrics} | {table: rows(table) for table in other_tables()}
        self.needles = [*PARTS, *WORDS, *minute.keys, *(key.partition("_prod_")[2] or key for key in minute.keys)]

    def found(self) -> dict[str, set[str]]:
        return {place: hits for place, text in self.places.items() if (hits := self.hits(text))}

    def hits(self, text: str) -> set[str]:
        return {needle for needle in self.needles if needle in text}


@pytest.fixture(scope="module", params=["json", "line"])
def written(
    request: pytest.FixtureRequest, committed: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Written]:
    log = tmp_path_factory.mktemp("privacy") / "log"
    with serving(log, DATABASE_URL=database_url(), LOG_LEVEL="DEBUG", LOG_FORMAT=request.param) as server:
        minute = Minute(server)
        minute.pass_by()
        # Waits until all of it is counted.
        server.metric("smsreports_requests_total")
        metrics = requests.get(f"{server.url}/metrics", timeout=30).text
    # All of it is logged when the server has ended.
    yield Written(log.read_text(), metrics, minute)


def test_nothing_that_is_written_holds_a_number_a_text_or_a_key(written: Written) -> None:
    assert written.found() == {}


def test_it_was_a_busy_minute(written: Written) -> None:
    """Everything that could have been told was provoked."""
    log, metrics = written.places["log"], written.places["metrics"]
    statuses = set(re.findall(r'status="(\d+)"', metrics))
    assert {"200", "302", "400", "401", "403", "404", "500"} <= statuses
    told = ("crash in a request", "UndefinedTable", "File ")
    assert [each for each in told if each not in log] == []
    assert log.count("request_id") > REQUESTS
    assert "ticket 4711" in written.places["accounts_reveal"]
    assert '""phone"": ""…""' in written.places["audit_export"]


def test_a_needle_would_be_found(written: Written) -> None:
    """The traffic's own tables hold them all; and each is found wherever it is put."""
    traffic = "".join(rows(table) for table in tables() - other_tables())
    assert set(PARTS) | set(WORDS) - {"quittengelee"} <= written.hits(traffic)
    for place, text in written.places.items():
        for needle in written.needles:
            assert needle in written.hits(f"{text[:100]} {needle}{text[100:200]}"), place


def other_tables() -> set[str]:
    """Every table of the database but the traffic's. Its `objects` are bound to an account, as those of the audit are,
    which is no traffic."""
    return tables() - {
        model._meta.db_table
        for model in apps.get_models()
        if isinstance(model._meta.managers_map.get("objects"), AccountScopedManager)
        and model._meta.app_label != "audit"
    }


def tables() -> set[str]:
    """Those that stay: a load's own end with its connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {name for (name,) in cursor.fetchall()}


def rows(table: str) -> str:
    """Every column of every row, as PostgreSQL writes them."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT string_agg(t::text, ' ') FROM {connection.ops.quote_name(table)} t")
        return cursor.fetchone()[0] or ""
