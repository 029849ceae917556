"""Seeded random requests to every endpoint."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote

from tests.oracle.draws import Record, spell_number
from tests.oracle.traffic import list_edge_days

MESSAGES = "/api/v1/sms/messages"
UNIFIED = f"{MESSAGES}/unified"
EXPORT = f"{UNIFIED}/export"
STATUS = "/api/v1/sms/status"
ERSAAL = "/api/sms/messages"
STATUS_WORDS = ("delivered", "undelivered", "expired", "pending", "sent", "failed", "unknown")
PERIODS = ("today", "yesterday", "7d", "30d", "this_month", "last_month")
SOURCES = ("api", "broadcasts", "all")
LIMITS = ("1", "2", "7", "10", "25", "100", "101", "1000")
PAGES = ("1", "2", "3", "5", "9", "4000")
FIRST_DAY, LAST_DAY = "0001-01-01", "9999-12-31"


@dataclass(frozen=True)
class Query:
    """Valid request: endpoint, account of the key, and parameters, or an id for a single row."""

    endpoint: str
    account: str
    params: tuple[tuple[str, str], ...] = ()
    id: str = ""

    @property
    def path(self) -> str:
        return f"{ENDPOINTS[self.endpoint]}/{quote(self.id)}" if self.id else ENDPOINTS[self.endpoint]


ENDPOINTS = {
    "messages": MESSAGES,
    "unified": UNIFIED,
    "csv": EXPORT,
    "ndjson": EXPORT,
    "status": STATUS,
    "ersaal": ERSAAL,
    "ersaal_one": ERSAAL,
}
WEIGHTS = {"messages": 5, "unified": 6, "csv": 4, "ndjson": 2, "status": 2, "ersaal": 7, "ersaal_one": 2}


class QueryGenerator:
    """Generator of requests with values of the traffic, and with some that do not occur in it."""

    def __init__(self, records: Iterable[Record], today: date, seed: int) -> None:
        self.rng = random.Random(seed)
        self.today = today
        all_records = list(records)
        self.accounts = sorted({record["account"] for record in all_records})
        self.numbers = sorted({record["recipient"] for record in all_records if "recipient" in record})
        self.senders = sorted({record["sender_id"] for record in all_records if "sender_id" in record})
        self.days = [day.isoformat() for day in list_edge_days(today)]
        self.message_ids = {account: _collect_keys(all_records, account, _message_id) for account in self.accounts}
        self.request_ids = {account: _collect_keys(all_records, account, _request_id) for account in self.accounts}

    def draw_queries(self, count: int) -> list[Query]:
        return [self._draw_query() for _ in range(count)]

    def find_foreign_id(self, ids: dict[str, list[str]]) -> str:
        """Return an id that the first account has and the second has not."""
        first, second = (ids[account] for account in self.accounts)
        return next(key for key in first if key not in second)

    def draw_filters(self, *, source: bool, mostly_wide: bool = False) -> dict[str, str]:
        """Draw random filters of dialect A."""
        rng = self.rng
        chosen = self._draw_window(optional=not mostly_wide)
        if rng.random() < 0.35:
            chosen["status"] = rng.choice(STATUS_WORDS)
        if rng.random() < 0.25:
            chosen["phone"] = self._draw_phone()
        if rng.random() < 0.25:
            country = rng.choice(("LY", "DE", "FR", "UA", "EG", "AE", "ES", "US", "CA", "GB", "AT", "ZZ"))
            chosen["country"] = rng.choice((country, country.lower(), country.title()))
        if rng.random() < 0.25:
            chosen["sender"] = rng.choice((*self.senders, "MYAPP", "nobody"))
        if source and rng.random() < 0.5:
            chosen["source"] = rng.choice(SOURCES)
        if rng.random() < 0.1:
            chosen["colour"] = "blue"
        return chosen

    def _draw_query(self) -> Query:
        rng = self.rng
        endpoint = rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        account = rng.choice(self.accounts)
        if endpoint == "status":
            return Query(endpoint, account, id=rng.choice(self.message_ids[account]))
        if endpoint == "ersaal_one":
            return Query(endpoint, account, id=rng.choice(self.request_ids[account]))
        params = list(self._draw_params(endpoint).items())
        rng.shuffle(params)
        return Query(endpoint, account, tuple(params))

    def _draw_params(self, endpoint: str) -> dict[str, str]:
        rng = self.rng
        if endpoint == "ersaal":
            return self._draw_ersaal_params()
        params = self.draw_filters(source=endpoint != "messages", mostly_wide=rng.random() < 0.5)
        if rng.random() < 0.6:
            params["page"] = rng.choice(PAGES)
        if rng.random() < 0.6:
            params["limit"] = rng.choice(LIMITS)
        if endpoint == "ndjson":
            params["format"] = "ndjson"
        if endpoint == "csv" and rng.random() < 0.4:
            params["dialect"] = "strict"
        return params

    def _draw_ersaal_params(self) -> dict[str, str]:
        rng = self.rng
        params = self._draw_from_to() if rng.random() < 0.4 else {}
        if rng.random() < 0.4:
            params["source"] = rng.choice(SOURCES)
        if rng.random() < 0.7:
            params["page"] = rng.choice((*PAGES, "7", "8", "11", "14", "20", "30"))
        if rng.random() < 0.8:
            params["per_page"] = rng.choice((*LIMITS, "3", "13", "20"))
        if rng.random() < 0.15:
            params["colour"] = "blue"
        return params

    def _draw_window(self, *, optional: bool) -> dict[str, str]:
        kind = self.rng.choice(("none", "period", "period", "days") if optional else ("days", "wide"))
        if kind == "period":
            return {"period": self.rng.choice(PERIODS)}
        if kind == "wide":
            return {"to": LAST_DAY}
        return self._draw_from_to() if kind == "days" else {}

    def _draw_from_to(self) -> dict[str, str]:
        """Draw one limit or both; `from` alone is never after today, which would be an empty window."""
        rng = self.rng
        first, last = sorted((rng.choice((*self.days, FIRST_DAY)), rng.choice((*self.days, LAST_DAY))))
        kind = rng.choice(("both", "both", "from", "to", "one day"))
        if kind == "one day":
            return {"from": first, "to": first}
        if kind == "from":
            return {"from": min(first, self.today.isoformat())}
        return {"to": last} if kind == "to" else {"from": first, "to": last}

    def _draw_phone(self) -> str:
        rng = self.rng
        digits = rng.choice(self.numbers).removeprefix("+")
        length = rng.choice((1, 2, 3, 4, 6, 15))
        start = rng.randrange(len(digits)) if rng.random() < 0.6 else 0
        piece = digits[start : start + length]
        spellings = (
            piece,
            "+" + piece,
            f"({piece[:3]}) {piece[3:]}",
            "-".join(piece),
            f" {piece} ",
            "00" + piece,
            spell_number(rng, "+" + piece),
            f"\u202a+{piece[:2]}\u00a0{piece[2:]}\u202c",
            "98989898",
        )
        return rng.choice(spellings)


def _collect_keys(records: list[Record], account: str, key: Any) -> list[str]:
    messages = (record for record in records if record["account"] == account and record["type"] == "message")
    return sorted({key(record) for record in messages})


def _message_id(record: Record) -> str:
    return str(record["client_message_id"])


def _request_id(record: Record) -> str:
    return str(record.get("request_id") or record["client_message_id"])
