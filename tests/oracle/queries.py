"""Seeded random questions for every door, and a list of bad ones with the refusal each must get."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote

from .traffic import Record, edge_days

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

ARABIC_DIGITS = quote("٢٠٢٦-٠١-٠١")


@dataclass(frozen=True)
class Query:
    """One good request: which door, whose key, which parameters (or which id, where one row is asked for)."""

    door: str
    account: str
    params: tuple[tuple[str, str], ...] = ()
    id: str = ""

    @property
    def path(self) -> str:
        return f"{DOORS[self.door]}/{quote(self.id)}" if self.id else DOORS[self.door]


DOORS = {
    "messages": MESSAGES,
    "unified": UNIFIED,
    "csv": EXPORT,
    "ndjson": EXPORT,
    "status": STATUS,
    "ersaal": ERSAAL,
    "ersaal_one": ERSAAL,
}
WEIGHTS = {"messages": 5, "unified": 6, "csv": 4, "ndjson": 2, "status": 2, "ersaal": 7, "ersaal_one": 2}


@dataclass(frozen=True)
class Bad:
    """One bad request: its raw query, and the answer it must get.

    The refusal names one of the parameters in the query and, where there is a list, all of `allowed`.
    """

    path: str
    query: str = ""
    statuses: frozenset[int] = frozenset({400})
    code: str | None = None
    allowed: tuple[str, ...] = ()
    method: str = "GET"
    key: str = "good"

    @property
    def parameters(self) -> set[str]:
        return {pair.split("=")[0] for pair in self.query.split("&")} - {""}

    @property
    def ersaal(self) -> bool:
        return self.path.startswith("/api/sms/")


class Questions:
    """Draws questions whose values occur in the traffic, and some whose values do not."""

    def __init__(self, records: Iterable[Record], today: date, seed: int) -> None:
        self.rng = random.Random(seed)
        self.today = today
        everything = list(records)
        self.accounts = sorted({record["account"] for record in everything})
        self.numbers = sorted({record["recipient"] for record in everything if "recipient" in record})
        self.senders = sorted({record["sender_id"] for record in everything if "sender_id" in record})
        self.days = [day.isoformat() for day in edge_days(today)]
        self.message_ids = {account: _keys(everything, account, _message_id) for account in self.accounts}
        self.request_ids = {account: _keys(everything, account, _request_id) for account in self.accounts}

    def draw(self, count: int) -> list[Query]:
        return [self._one() for _ in range(count)]

    def foreign(self, ids: dict[str, list[str]]) -> str:
        """An id that the first account has and the second has not."""
        first, second = (ids[account] for account in self.accounts)
        return next(found for found in first if found not in second)

    def filters(self, *, source: bool, mostly_wide: bool = False) -> dict[str, str]:
        """Random filters of dialect A."""
        rng = self.rng
        chosen = self._window(optional=not mostly_wide)
        if rng.random() < 0.35:
            chosen["status"] = rng.choice(STATUS_WORDS)
        if rng.random() < 0.25:
            chosen["phone"] = self._phone()
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

    def _one(self) -> Query:
        rng = self.rng
        door = rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        account = rng.choice(self.accounts)
        if door == "status":
            return Query(door, account, id=rng.choice(self.message_ids[account]))
        if door == "ersaal_one":
            return Query(door, account, id=rng.choice(self.request_ids[account]))
        params = list(self._params(door).items())
        rng.shuffle(params)
        return Query(door, account, tuple(params))

    def _params(self, door: str) -> dict[str, str]:
        rng = self.rng
        if door == "ersaal":
            return self._ersaal_params()
        params = self.filters(source=door != "messages", mostly_wide=rng.random() < 0.5)
        if rng.random() < 0.6:
            params["page"] = rng.choice(PAGES)
        if rng.random() < 0.6:
            params["limit"] = rng.choice(LIMITS)
        if door == "ndjson":
            params["format"] = "ndjson"
        if door == "csv" and rng.random() < 0.4:
            params["dialect"] = "strict"
        return params

    def _ersaal_params(self) -> dict[str, str]:
        rng = self.rng
        params = self._from_to() if rng.random() < 0.4 else {}
        if rng.random() < 0.4:
            params["source"] = rng.choice(SOURCES)
        if rng.random() < 0.7:
            params["page"] = rng.choice((*PAGES, "7", "8", "11", "14", "20", "30"))
        if rng.random() < 0.8:
            params["per_page"] = rng.choice((*LIMITS, "3", "13", "20"))
        if rng.random() < 0.15:
            params["colour"] = "blue"
        return params

    def _window(self, *, optional: bool) -> dict[str, str]:
        kind = self.rng.choice(("none", "period", "period", "days") if optional else ("days", "wide"))
        if kind == "period":
            return {"period": self.rng.choice(PERIODS)}
        if kind == "wide":
            return {"to": LAST_DAY}
        return self._from_to() if kind == "days" else {}

    def _from_to(self) -> dict[str, str]:
        """One end or both; `from` alone is never after today, which would be an empty window."""
        rng = self.rng
        first, last = sorted((rng.choice((*self.days, FIRST_DAY)), rng.choice((*self.days, LAST_DAY))))
        kind = rng.choice(("both", "both", "from", "to", "one day"))
        if kind == "one day":
            return {"from": first, "to": first}
        if kind == "from":
            return {"from": min(first, self.today.isoformat())}
        return {"to": last} if kind == "to" else {"from": first, "to": last}

    def _phone(self) -> str:
        rng = self.rng
        digits = rng.choice(self.numbers).removeprefix("+")
        length = rng.choice((1, 2, 3, 4, 6, 15))
        start = rng.randrange(len(digits)) if rng.random() < 0.6 else 0
        piece = digits[start : start + length]
        spelled = (
            piece,
            "+" + piece,
            f"({piece[:3]}) {piece[3:]}",
            "-".join(piece),
            f" {piece} ",
            "98989898",
        )
        return rng.choice(spelled)


def bad_requests(foreign_message: str, foreign_request: str) -> list[Bad]:
    """Everything that must be refused, in both dialects; the ids belong to the other account."""
    telecom = [bad for path in (MESSAGES, UNIFIED, EXPORT) for bad in _bad_telecom(path)]
    return telecom + _bad_export() + _bad_ersaal() + _bad_callers() + _not_found(foreign_message, foreign_request)


def _bad_telecom(path: str) -> list[Bad]:
    found = [_refused(path, "INVALID_PARAMS", query) for query in BAD_DAYS + BAD_PAGES + BAD_FILTERS]
    found += [_refused(path, "INVALID_PARAMS", query) for query in ("limit=0", "limit=-5", "limit=x", "limit=")]
    found += [_listed(path, name, value, words) for name, value, words in BAD_WORDS]
    if path != MESSAGES:
        found += [_listed(path, "source", value, SOURCES) for value in ("campaign", "API", "", "%ff")]
    return found


def _bad_export() -> list[Bad]:
    queries = ("format=xlsx", "format=", "dialect=loose", "dialect=", "format=ndjson&format=ndjson")
    return [_refused(EXPORT, "INVALID_PARAMS", query) for query in queries]


def _bad_ersaal() -> list[Bad]:
    others = (
        "per_page=0",
        "per_page=-1",
        "per_page=x",
        "source=campaign",
        "source=%ff",
        "source=%00",
    )
    # An empty parameter is absent there, as in Laravel.
    queries = [query for query in (*BAD_DAYS, *BAD_PAGES, *others) if not query.endswith("=")]
    return [_refused(ERSAAL, "INVALID_PARAMETERS", query) for query in queries]


def _bad_callers() -> list[Bad]:
    """Faults of the method or the key; a huge page is either refused or simply past the end."""
    found = []
    for path in (MESSAGES, UNIFIED, EXPORT, ERSAAL):
        telecom = path != ERSAAL
        refused = frozenset({401})
        found += [
            Bad(path, statuses=refused, code="UNAUTHORIZED", key="none"),
            Bad(path, statuses=refused, code="INVALID_API_KEY" if telecom else "UNAUTHORIZED", key="wrong"),
            Bad(path, "page=99999999999999999999", frozenset({200, 400})),
        ]
        methods = ("POST", "PUT", "PATCH", "DELETE")
        found += [Bad(path, statuses=frozenset({405}), method=method) for method in methods]
    return found


def _not_found(foreign_message: str, foreign_request: str) -> list[Bad]:
    paths = (
        f"{STATUS}/{foreign_message}",
        f"{STATUS}/no-such-message",
        f"{ERSAAL}/{foreign_request}",
        f"{ERSAAL}/no-such-request",
        f"{MESSAGES}/",
        f"{UNIFIED}/exports",
        "/api/v1/sms/nothing",
        "/api/v1/nothing",
        "/api/sms/nothing",
    )
    return [Bad(path, statuses=frozenset({404}), code="NOT_FOUND") for path in paths]


def _refused(path: str, code: str, query: str) -> Bad:
    return Bad(path, query, code=code)


def _listed(path: str, name: str, value: str, allowed: tuple[str, ...]) -> Bad:
    return Bad(path, f"{name}={value}", code="INVALID_PARAMS", allowed=allowed)


BAD_DAYS = (
    "from=2026-02-30",
    "from=2026-2-1",
    "from=20260201",
    "from=2026-W05-1",
    "from=2026-02-01T00:00:00Z",
    "from=yesterday",
    "from=",
    f"from={ARABIC_DIGITS}",
    "to=2026-13-01",
    "to=26-01-01",
    "to=%00",
    "to=%ff",
    "to=2026-01-01%0A",
    "to=2026-02-01&from=2026-02-02",
    "from=2026-01-01&from=2026-01-01",
)
BAD_PAGES = (
    "page=0",
    "page=-1",
    "page=abc",
    "page=",
    "page=1.5",
    "page=%D9%A3",
    "page=1e3",
    "page=1&page=1",
    "page=1_0",
)
BAD_FILTERS = (
    "status=delivered&status=delivered",
    "status=%ff",
    "phone=abc",
    "phone=12a",
    "phone=1234567890123456",
    "phone=",
    "phone=%2B-()",
    "phone=%D9%A3%D9%A3",
    "phone=%00",
    "country=USA",
    "country=U",
    "country=1A",
    "country=%C3%9C%C3%9F",
    "country=",
    "sender=a%00b",
    "sender=%ff",
    "sender=MyApp&sender=MyApp",
    "from=2026-01-01&period=7d",
    "to=2026-01-01&period=today",
)
BAD_WORDS = (
    ("status", "done", STATUS_WORDS),
    ("status", "DELIVRD", STATUS_WORDS),
    ("status", "", STATUS_WORDS),
    ("period", "90d", PERIODS),
    ("period", "", PERIODS),
    ("period", "TODAY", PERIODS),
)


def _keys(records: list[Record], account: str, key: Any) -> list[str]:
    mine = (record for record in records if record["account"] == account and record["type"] == "message")
    return sorted({key(record) for record in mine})


def _message_id(record: Record) -> str:
    return str(record["client_message_id"])


def _request_id(record: Record) -> str:
    return str(record.get("request_id") or record["client_message_id"])
