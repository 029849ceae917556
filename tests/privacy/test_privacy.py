"""Logs, metrics and tables without traffic contain no telephone number, no text and no key."""

import re
from collections.abc import Iterator

import pytest
import requests
from django.apps import apps
from django.db import connection

from smsreports.accounts.managers import AccountScopedManager
from tests.privacy.busy import DIGITS, Minute
from tests.server import database_url, serving

# A part of each text that does not depend on the encoding of quotes and accents.
WORDS = ("73190284", "Quittengelee", "quittengelee", "nightingale")
# Parts of the numbers. Masked numbers and country codes show fewer digits.
NUMBER_PARTS = [digits[start : start + 8] for digits in DIGITS for start in range(len(digits) - 7)]

# Minimum of logged requests.
MIN_REQUESTS = 150


class Traces:
    """Texts that the requests left in the log, the metrics and the tables, by name."""

    def __init__(self, log: str, metrics: str, minute: Minute) -> None:
        self.texts = {"log": log, "metrics": metrics} | {table: read_rows(table) for table in list_other_tables()}
        self.needles = [
            *NUMBER_PARTS,
            *WORDS,
            *minute.keys,
            *(key.partition("_prod_")[2] or key for key in minute.keys),
        ]

    def find_leaks(self) -> dict[str, set[str]]:
        return {name: find_needles for name, text in self.texts.items() if (find_needles := self.find_needles(text))}

    def find_needles(self, text: str) -> set[str]:
        return {needle for needle in self.needles if needle in text}


@pytest.fixture(scope="module", params=["json", "line"])
def traces(
    request: pytest.FixtureRequest, committed: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Traces]:
    log = tmp_path_factory.mktemp("privacy") / "log"
    with serving(log, DATABASE_URL=database_url(), LOG_LEVEL="DEBUG", LOG_FORMAT=request.param) as server:
        minute = Minute(server)
        minute.run()
        # Wait until all requests have been counted.
        server.metric("smsreports_requests_total")
        metrics = requests.get(f"{server.url}/metrics", timeout=30).text
    # The log is complete when the server has ended.
    yield Traces(log.read_text(), metrics, minute)


def test_logs_metrics_and_tables_contain_no_number_text_or_key(traces: Traces) -> None:
    assert traces.find_leaks() == {}


def test_the_busy_minute_had_all_kinds_of_requests_and_errors(traces: Traces) -> None:
    """Otherwise the search for leaks would prove nothing."""
    log, metrics = traces.texts["log"], traces.texts["metrics"]
    statuses = set(re.findall(r'status="(\d+)"', metrics))
    assert {"200", "302", "400", "401", "403", "404", "500"} <= statuses
    parts = ("crash in a request", "UndefinedTable", "File ")
    assert [part for part in parts if part not in log] == []
    assert log.count("request_id") > MIN_REQUESTS
    assert "ticket 4711" in traces.texts["accounts_reveal"]
    assert '""phone"": ""…""' in traces.texts["audit_export"]


def test_the_search_finds_each_needle(traces: Traces) -> None:
    """The traffic's own tables contain all needles, and a needle that is inserted anywhere is found."""
    traffic = "".join(read_rows(table) for table in list_tables() - list_other_tables())
    assert set(NUMBER_PARTS) | set(WORDS) - {"quittengelee"} <= traces.find_needles(traffic)
    for name, text in traces.texts.items():
        for needle in traces.needles:
            assert needle in traces.find_needles(f"{text[:100]} {needle}{text[100:200]}"), name


def list_other_tables() -> set[str]:
    """Return all tables except those of traffic, whose managers are scoped to an account.

    The managers of the audit log are scoped too, but it contains no traffic.
    """
    return list_tables() - {
        model._meta.db_table
        for model in apps.get_models()
        if isinstance(model._meta.managers_map.get("objects"), AccountScopedManager)
        and model._meta.app_label != "audit"
    }


def list_tables() -> set[str]:
    """Return the permanent tables. Temporary tables of loads end with their connections."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {name for (name,) in cursor.fetchall()}


def read_rows(table: str) -> str:
    """Return all rows of a table as text."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT string_agg(t::text, ' ') FROM {connection.ops.quote_name(table)} t")
        return cursor.fetchone()[0] or ""
