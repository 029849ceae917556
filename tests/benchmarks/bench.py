"""What the figures measure: the shipped server, the yardsticks beside it, keys, and windows of the data."""

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
from tests.benchmarks.place import Place
from tests.benchmarks.served import Served, serving
from tests.benchmarks.world import ACCOUNTS, DAYS, Size

HEALTH = "/healthz"
PAGE_SIZE = 25
YARDSTICKS = "tests.benchmarks.yardstick"
# The window of every target: what `period=30d` is on the data's last day.
LIST_DAYS = 30
# Of so many rows the window holds more than the million of the big account that a file has at most.
FULL_ROWS = 6_000_000


@dataclass
class Bench:
    """One run of the measurements. Servers start when a figure first asks for them and stop with `stack`."""

    place: Place
    size: Size
    runs: int
    # Whether the databases stay for a next run.
    keep: bool = False
    stack: ExitStack = field(default_factory=ExitStack)

    @cached_property
    def ours(self) -> Served:
        return self.stack.enter_context(self.serving())

    def serving(self, workers: int = 1, place: Place | None = None) -> AbstractContextManager[Served]:
        """The shipped server on these data, or on those of another place."""
        return serving(HEALTH, workers, DATABASE_URL=(place or self.place).url)

    @cached_property
    def tenth(self) -> Bench:
        """The same with a tenth of the rows, in a database of its own."""
        place = self.place.beside("tenth")
        if not self.keep:
            self.stack.callback(place.drop)
        return replace(self, place=place, size=data.ready(place, self.size.rows // 10))

    @cached_property
    def scratch(self) -> Place:
        """A database with empty tables, to load into."""
        place = self.place.beside("scratch")
        data.empty(place)
        self.stack.callback(place.drop)
        return place

    @cached_property
    def plain(self) -> Served:
        return self._yardstick("plain")

    @cached_property
    def unindexed(self) -> Served:
        """The plain service as it would be without our trigram index, which only a bitmap can read."""
        place = Place(f"{self.place.url}?options=-c%20enable_bitmapscan%3Doff")
        return self.stack.enter_context(self.yardstick("plain", place=place))

    @cached_property
    def floor(self) -> Served:
        return self._yardstick("floor")

    @cached_property
    def big(self) -> Account:
        with self.place.of_django():
            return Account.objects.get(name=ACCOUNTS[0])

    @cached_property
    def big_key(self) -> str:
        with self.place.of_django():
            return create_key(self.big, [Scope.READ], name="benchmark")

    @cached_property
    def cookie(self) -> str:
        """Of a browser in which a member of staff who may see everything is logged in."""
        with self.place.of_django():
            browser = Client()
            browser.force_login(User.objects.get_or_create(username="benchmark", is_superuser=True, is_staff=True)[0])
        return f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"

    def last(self, days: int) -> str:
        """The window of the data's last day and so many days before, as a query: `Nd` while that day is today."""
        return f"from={self.size.last_day - timedelta(days=days)}&to={self.size.last_day}"

    @property
    def window(self) -> str:
        return self.last(LIST_DAYS)

    @property
    def export_window(self) -> str:
        """The same; from a small load everything, to come as near to an export's limit as it can."""
        return self.window if self.size.rows >= FULL_ROWS else self.last(DAYS)

    def bounds(self, days: int) -> str:
        """The window of `last`, and the account, for a yardstick, which takes moments."""
        since = self.size.end - timedelta(days=days + 1)
        return f"account={self.big.pk}&since={since:%Y-%m-%dT%H:%M:%SZ}&until={self.size.end:%Y-%m-%dT%H:%M:%SZ}"

    def _yardstick(self, name: str) -> Served:
        return self.stack.enter_context(self.yardstick(name))

    def yardstick(self, name: str, workers: int = 1, place: Place | None = None) -> AbstractContextManager[Served]:
        """The same server and settings over the same tables, with addresses of its own."""
        settings, urls = f"{YARDSTICKS}.settings", f"{YARDSTICKS}.{name}"
        alive = f"/messages?{self.bounds(0)}"
        named = {"DATABASE_URL": (place or self.place).url, "DJANGO_SETTINGS_MODULE": settings, "BENCHMARK_URLS": urls}
        return serving(alive, workers, **named)
