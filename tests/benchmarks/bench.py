"""Subjects of the measurements: the shipped server, the baselines, keys, and windows of the data."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property

from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from smsreports.accounts.keys import create_key
from smsreports.accounts.models import Account, Scope
from tests.benchmarks import data
from tests.benchmarks.databases import Database
from tests.benchmarks.dataset import ACCOUNTS, DAYS, DataSize
from tests.benchmarks.servers import BenchmarkServer, run_server

HEALTH_PATH = "/healthz"
PAGE_SIZE = 25
BASELINES = "tests.benchmarks.baseline"
# Days of the window of every target: `period=30d` on the last day of the data.
LIST_DAYS = 30
# With so many rows, the window has more than a million rows of the big account, the limit of an export.
MIN_ROWS_FOR_FULL_EXPORT = 6_000_000


@dataclass
class Bench:
    """One run of the benchmarks. Servers start on first use and stop with `stack`."""

    database: Database
    size: DataSize
    runs: int
    # Whether to keep the databases for the next run.
    keep: bool = False
    stack: ExitStack = field(default_factory=ExitStack)

    @cached_property
    def server(self) -> BenchmarkServer:
        return self.stack.enter_context(self.run_server())

    def run_server(self, workers: int = 1, database: Database | None = None) -> AbstractContextManager[BenchmarkServer]:
        """Run the shipped server on the data, or on those of another database."""
        return run_server(HEALTH_PATH, workers, DATABASE_URL=(database or self.database).url)

    @cached_property
    def tenth(self) -> Bench:
        """Same benchmark on a tenth of the rows, in a database of its own."""
        database = self.database.sibling("tenth")
        if not self.keep:
            self.stack.callback(database.drop)
        return replace(self, database=database, size=data.prepare(database, self.size.rows // 10))

    @cached_property
    def scratch_database(self) -> Database:
        """Database with empty tables, for loads."""
        database = self.database.sibling("scratch")
        data.create_empty(database)
        self.stack.callback(database.drop)
        return database

    @cached_property
    def plain_service(self) -> BenchmarkServer:
        return self.stack.enter_context(self.run_baseline("plain"))

    @cached_property
    def plain_without_trigrams(self) -> BenchmarkServer:
        """Plain service without the trigram index: with bitmap scans off, the planner cannot use it."""
        database = Database(f"{self.database.url}?options=-c%20enable_bitmapscan%3Doff")
        return self.stack.enter_context(self.run_baseline("plain", database=database))

    @cached_property
    def floor_service(self) -> BenchmarkServer:
        return self.stack.enter_context(self.run_baseline("floor"))

    @cached_property
    def big_account(self) -> Account:
        with self.database.use_in_django():
            return Account.objects.get(name=ACCOUNTS[0])

    @cached_property
    def api_key(self) -> str:
        with self.database.use_in_django():
            return create_key(self.big_account, [Scope.READ], name="benchmark")

    @cached_property
    def cookie(self) -> str:
        """Session cookie of a superuser."""
        with self.database.use_in_django():
            browser = Client()
            browser.force_login(User.objects.get_or_create(username="benchmark", is_superuser=True, is_staff=True)[0])
        return f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"

    def build_window(self, days: int) -> str:
        """Return the query of a window: the last day of the data and `days` days before, as `period=Nd` has them."""
        return f"from={self.size.last_day - timedelta(days=days)}&to={self.size.last_day}"

    @property
    def list_window(self) -> str:
        return self.build_window(LIST_DAYS)

    @property
    def export_window(self) -> str:
        """Query of the exported window: all days when the data is small, to come near the limit of an export."""
        return self.list_window if self.size.rows >= MIN_ROWS_FOR_FULL_EXPORT else self.build_window(DAYS)

    def build_baseline_query(self, days: int) -> str:
        """Return the same window and the account for a baseline, whose parameters are timestamps."""
        since = self.size.end - timedelta(days=days + 1)
        return (
            f"account={self.big_account.pk}&since={since:%Y-%m-%dT%H:%M:%SZ}&until={self.size.end:%Y-%m-%dT%H:%M:%SZ}"
        )

    def run_baseline(
        self, name: str, workers: int = 1, database: Database | None = None
    ) -> AbstractContextManager[BenchmarkServer]:
        """Run a baseline: the same server, settings and tables with another URL configuration."""
        settings, urls = f"{BASELINES}.settings", f"{BASELINES}.{name}"
        health_path = f"/messages?{self.build_baseline_query(0)}"
        environment = {
            "DATABASE_URL": (database or self.database).url,
            "DJANGO_SETTINGS_MODULE": settings,
            "BENCHMARK_URLS": urls,
        }
        return run_server(health_path, workers, **environment)
