"""What the tests of the pages share: a day, traffic on the days before it, and how a page is read."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import pytest

from smsreports.dialects.telecom23 import params
from smsreports.queries import query_string
from smsreports.reports import forms
from smsreports.sms.statuses import NAMES
from tests.counters.rows import Row, insert_messages, insert_sends, people

TODAY = date(2026, 2, 13)
ROWS = 80


@pytest.fixture
def on_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the vendors' day, for the pages and for the API."""
    for module in (forms, params, query_string):
        monkeypatch.setattr(module, "utc_today", lambda: TODAY)


@pytest.fixture
def traffic(db: None, on_the_day: None) -> None:
    """Four weeks, with days left out, of two accounts that look alike."""
    rng = random.Random(20260213)
    people()
    insert_messages(some_row(rng) for _ in range(ROWS))
    insert_sends(some_row(rng) for _ in range(ROWS))


def some_row(rng: random.Random) -> Row:
    day = datetime(2026, 1, 14, tzinfo=UTC) + timedelta(days=rng.choice((0, 1, 12, 17, 23, 24, 27, 30)))
    return Row(
        account=rng.choice(("acme", "acme", "globex")),
        at=day + timedelta(microseconds=rng.choice((0, 43_200_000_000, 86_399_999_999))),
        status=rng.choice((*NAMES, "DELIVRD", "DELIVRD")),
        sender=rng.choice(("MyApp", "R&D", "Promo")),
        country=rng.choice(("US", "DE", None)),
        cost=Decimal(rng.randrange(100_000)) / 1_000_000,
    )


class Links(HTMLParser):
    """The links of a page: address and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._open: list[list[str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._open.append([dict(attrs).get("href") or "", ""])

    def handle_data(self, data: str) -> None:
        for link in self._open:
            link[1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            href, text = self._open.pop()
            self.found.append((href, text.strip()))


def links(answer: Any) -> Iterator[tuple[str, str]]:
    yield from Links(answer.content.decode()).found
