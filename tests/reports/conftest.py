"""Fixtures of the page tests: a fixed day, traffic of the days before it, and a parser of links."""

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
from tests.counters.rows import Row, create_accounts, insert_messages, insert_sends

TODAY = date(2026, 2, 13)
ROWS = 80


@pytest.fixture
def fixed_today(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the pages and the API take TODAY for the current day."""
    for module in (forms, params, query_string):
        monkeypatch.setattr(module, "utc_today", lambda: TODAY)


@pytest.fixture
def traffic(db: None, fixed_today: None) -> None:
    """Insert random traffic of two accounts on eight days of four weeks."""
    rng = random.Random(20260213)
    create_accounts()
    insert_messages(random_row(rng) for _ in range(ROWS))
    insert_sends(random_row(rng) for _ in range(ROWS))


def random_row(rng: random.Random) -> Row:
    day = datetime(2026, 1, 14, tzinfo=UTC) + timedelta(days=rng.choice((0, 1, 12, 17, 23, 24, 27, 30)))
    return Row(
        account=rng.choice(("acme", "acme", "globex")),
        at=day + timedelta(microseconds=rng.choice((0, 43_200_000_000, 86_399_999_999))),
        status=rng.choice((*NAMES, "DELIVRD", "DELIVRD")),
        sender=rng.choice(("MyApp", "R&D", "Promo")),
        country=rng.choice(("US", "DE", None)),
        cost=Decimal(rng.randrange(100_000)) / 1_000_000,
    )


class LinkParser(HTMLParser):
    """Parser of the links of a page, as URL and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []
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
            self.links.append((href, text.strip()))


def read_links(response: Any) -> Iterator[tuple[str, str]]:
    yield from LinkParser(response.content.decode()).links
