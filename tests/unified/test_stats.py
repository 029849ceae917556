"""Statistics over HTTP against a slow calculation from the rows, and every door against the others."""

import csv
import io
import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import count
from typing import Any

import pytest

from broadcasts_app.models import BroadcastSend
from messages_app.models import Message
from smsreports.dialects.telecom23 import params
from smsreports.queries import query_string
from smsreports.sms.statuses import NAMES, STATUSES
from smsreports.sms.windows import PERIODS
from tests.conftest import EVER, Person
from tests.counters.rows import MESSAGES, Row, insert_messages, insert_sends, people, run

STATS = "/api/v1/sms/stats"
DAILY, BY_COUNTRY = f"{STATS}/daily", f"{STATS}/by-country"
UNIFIED, EXPORT = "/api/v1/sms/messages/unified", "/api/v1/sms/messages/unified/export"
ERSAAL = "/api/sms/messages"
TODAY = date(2026, 2, 13)
ROWS = 120
# Their words for a status, and the groups that these mean.
STATUS_WORDS = {"sent": "pending", "failed": "undelivered"}


@pytest.fixture(scope="module", autouse=True)
def traffic(committed: None) -> dict[str, list["Sms"]]:
    """Six weeks, with days left out, of two accounts that look alike: every SMS by account."""
    rng = random.Random(20260213)
    people()
    insert_messages(some_row(rng) for _ in range(ROWS))
    insert_sends(some_row(rng) for _ in range(ROWS))
    return {account: list(stored(account)) for account in ("acme", "globex")}


def some_row(rng: random.Random) -> Row:
    day = datetime(2026, 1, 3, tzinfo=UTC) + timedelta(days=rng.choice((0, 1, 11, 28, 29, 34, 35, 39, 40, 41)))
    return Row(
        account=rng.choice(("acme", "acme", "globex")),
        at=day + timedelta(microseconds=rng.choice((0, 1, 43_200_000_000, 86_399_999_999))),
        status=rng.choice((*NAMES, "DELIVRD", "DELIVRD")),
        sender=rng.choice(("MyApp", "myapp", "Promo")),
        country=rng.choice(("US", "DE", "GB", None)),
        cost=Decimal(rng.randrange(100_000)) / 1_000_000,
        segments=rng.randint(1, 3),
        recipient=rng.choice(("+14155551234", "+493012345", "+4915512340")),
        campaign=rng.choice(("spring", "autumn")),
        clicks=rng.choice((0, 0, 1, 3)),
        actions=rng.choice((0, 0, 2)),
    )


@pytest.fixture(autouse=True)
def on_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the vendors' day."""
    for module in (params, query_string):
        monkeypatch.setattr(module, "utc_today", lambda: TODAY)


@dataclass(frozen=True)
class Sms:
    source: str
    day: date
    row: Row

    @property
    def group(self) -> str:
        return STATUSES[self.row.status].group.value


def stored(account: str) -> Iterator[Sms]:
    """Every SMS of the account as it stands in its table."""
    for message in Message.everyones.filter(account__name=account):
        row = Row(sender=message.sender_id, recipient=message.recipient)
        yield Sms("api", message.created_at.date(), _with(row, message))
    for sent in BroadcastSend.everyones.filter(account__name=account):
        row = Row(sender=sent.sender_id, clicks=sent.click_count, actions=sent.action_count)
        yield Sms("broadcasts", sent.sent_at.date(), _with(row, sent))


def _with(row: Row, sms: Message | BroadcastSend) -> Row:
    return replace(row, status=sms.status, country=sms.country, cost=sms.cost, recipient=sms.recipient)


def meant(asked: Mapping[str, str], rows: Iterable[Sms]) -> list[Sms]:
    """The SMS that the parameters mean; the days of a period are those that `window` says."""
    first, last = window(asked)
    status = STATUS_WORDS.get(asked.get("status", ""), asked.get("status"))
    wanted: dict[str, Callable[[Sms], bool]] = {
        "source": lambda sms: asked.get("source", "api") in ("all", sms.source),
        "status": lambda sms: status in (None, sms.group),
        "phone": lambda sms: asked.get("phone", "").strip("+ ") in sms.row.recipient,
        "country": lambda sms: asked.get("country", "").upper() in ("", sms.row.country),
        "sender": lambda sms: asked.get("sender") in (None, sms.row.sender),
        "days": lambda sms: (first or date.min) <= sms.day <= (last or date.max),
    }
    return [sms for sms in rows if all(matches(sms) for matches in wanted.values())]


def window(asked: Mapping[str, str]) -> tuple[date | None, date | None]:
    if "from" in asked or "to" in asked:
        first, last = (date.fromisoformat(asked[name]) if name in asked else None for name in ("from", "to"))
        return first, last or TODAY
    return {
        "today": (TODAY, TODAY),
        "yesterday": (date(2026, 2, 12), date(2026, 2, 12)),
        "7d": (date(2026, 2, 6), TODAY),
        "30d": (date(2026, 1, 14), TODAY),
        "this_month": (date(2026, 2, 1), TODAY),
        "last_month": (date(2026, 1, 1), date(2026, 1, 31)),
    }[asked.get("period", "7d")]


def figures(rows: Iterable[Sms]) -> dict[str, Any]:
    every = list(rows)
    groups = [sms.group for sms in every]
    undelivered = groups.count("undelivered") + groups.count("unknown")
    cost = sum((sms.row.cost for sms in every), Decimal(0))
    return {
        "total_sent": len(every),
        "sent": len(every),
        "delivered": groups.count("delivered"),
        "undelivered": undelivered,
        "pending": groups.count("pending"),
        "expired": groups.count("expired"),
        "not_billed": 0,
        "failed": undelivered,
        "click_count": sum(sms.row.clicks for sms in every),
        "unique_click_count": sum(sms.row.clicks > 0 for sms in every),
        "action_count": sum(sms.row.actions for sms in every),
        "sent_rate": Decimal(100 if every else 0),
        "delivery_rate": share(Decimal(100 * groups.count("delivered")), len(every), "0.01"),
        "total_cost": share(cost, 1, "0.01"),
        "avg_cost_per_msg": share(cost, len(every), "0.0001"),
    }


def share(part: Decimal, whole: int, step: str) -> Decimal:
    return (part / whole).quantize(Decimal(step), ROUND_HALF_UP) if whole else Decimal(0)


def exact(who: Person, path: str, asked: Mapping[str, str] | None = None) -> Any:
    answer = who.get(path, asked)
    assert answer.status_code == 200, answer.body
    return json.loads(answer.body, parse_float=Decimal)


def days_of(rows: list[Sms], asked: Mapping[str, str]) -> list[dict[str, Any]]:
    """Every day of the window; where that is open, from the first to the last with traffic."""
    first, last = window(asked)
    first = first or min((sms.day for sms in rows), default=None)
    if first is None or last is None:
        return []
    every = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [{"date": str(day), **figures(sms for sms in rows if sms.day == day)} for day in every]


def countries_of(rows: list[Sms]) -> list[dict[str, Any]]:
    found: dict[str, list[Sms]] = defaultdict(list)
    for sms in rows:
        found[sms.row.country or ""].append(sms)
    most_first = sorted(found, key=lambda country: (-len(found[country]), country))
    return [{"country": country or None, **figures(found[country])} for country in most_first]


QUESTIONS: list[dict[str, str]] = [
    {},
    *({"period": period} for period in PERIODS),
    *({"period": "30d", "status": status} for status in params.STATUS_WORDS),
    {"from": "2026-01-14", "to": "2026-02-01"},
    {"from": "2026-02-07"},
    {"to": "2026-01-31"},
    {"to": "2026-02-13", "country": "us"},
    {"to": "2026-02-13", "sender": "myapp"},
    {"to": "2026-02-13", "sender": "Nobody"},
    {"to": "2026-02-13", "phone": "+49 "},
    {"to": "2026-02-13", "phone": "5551234", "status": "delivered"},
    {"period": "30d", "phone": "1234", "country": "DE", "sender": "Promo"},
    {"period": "30d", "phone": "999"},
    {"period": "30d", "country": "DE", "sender": "Promo", "status": "sent"},
]
SOURCES: list[dict[str, str]] = [{}, {"source": "broadcasts"}, {"source": "all"}]


@pytest.mark.parametrize("question", QUESTIONS, ids=str)
@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_the_figures_are_those_of_the_rows(
    owner: Person, traffic: dict[str, list[Sms]], question: dict[str, str], source: dict[str, str]
) -> None:
    asked = question | source
    rows = meant(asked, traffic["acme"])
    first, last = window(asked)
    period = {"from": first and str(first), "to": str(last)}
    currency = {"currency": "EUR"}
    assert exact(owner, STATS, asked) == {"status": True, "stats": figures(rows) | currency, "period": period}
    assert exact(owner, DAILY, asked) == {"status": True, "days": days_of(rows, asked), "period": period}
    assert exact(owner, BY_COUNTRY, asked) == {"status": True, "countries": countries_of(rows), "period": period}


def test_the_questions_are_not_all_about_nothing(traffic: dict[str, list[Sms]]) -> None:
    found = [len(meant(question | {"source": "all"}, traffic["acme"])) for question in QUESTIONS]
    assert sum(number > 0 for number in found) >= len(QUESTIONS) - 3


def test_another_account_has_its_own_figures(stranger: Person, traffic: dict[str, list[Sms]]) -> None:
    asked = {"period": "30d", "source": "all"}
    assert exact(stranger, STATS, asked)["stats"] == figures(meant(asked, traffic["globex"])) | {"currency": "EUR"}


def one_day(day: str, rows: Iterable[Row]) -> dict[str, str]:
    """Messages of a day of their own, and the parameters that ask for it."""
    insert_messages(replace(row, at=datetime.fromisoformat(f"{day}T12:00:00Z")) for row in rows)
    return {"from": day, "to": day}


def test_what_the_carrier_never_got_counts_as_undelivered(owner: Person) -> None:
    asked = one_day("2020-01-01", [Row(status="UNKNOWN"), Row(status="REJECTD"), Row(status="failed"), Row()])
    stats = exact(owner, STATS, asked)["stats"]
    assert (stats["undelivered"], stats["failed"], stats["delivered"], stats["sent"]) == (3, 3, 1, 4)
    for status, number in {"unknown": 1, "undelivered": 2, "failed": 2}.items():
        narrowed = exact(owner, STATS, asked | {"status": status})["stats"]
        assert (narrowed["undelivered"], narrowed["failed"], narrowed["total_sent"]) == (number, number, number)


def test_rates_of_nothing_are_nothing(owner: Person) -> None:
    asked = {"from": "2020-01-01", "to": "2020-01-02"}
    stats = exact(owner, STATS, asked)["stats"]
    assert {value for name, value in stats.items() if name != "currency"} == {0}
    assert [day["date"] for day in exact(owner, DAILY, asked)["days"]] == ["2020-01-01", "2020-01-02"]
    assert exact(owner, BY_COUNTRY, asked)["countries"] == []


def test_halves_are_rounded_up(owner: Person) -> None:
    """1 of 800 is 0.125 %; 0.125 by 800 is a little more, and 0.04 by 800 exactly half of 0.0001."""
    asked = one_day("2020-01-01", [Row(cost=Decimal("0.125")), *[Row(status="pending", cost=Decimal(0))] * 799])
    stats = exact(owner, STATS, asked)["stats"]
    assert (stats["delivery_rate"], stats["total_cost"]) == (Decimal("0.13"), Decimal("0.13"))
    run(f"UPDATE {MESSAGES} SET cost = 0.04 WHERE created_at < '2020-01-02' AND status = 'DELIVRD'")
    assert exact(owner, STATS, asked)["stats"]["avg_cost_per_msg"] == Decimal("0.0001")


def test_numbers_are_written_plainly(owner: Person) -> None:
    asked = one_day("2020-01-01", [Row(cost=Decimal("0.5")), Row(cost=Decimal("0.5"), status="pending")])
    assert b'"sent_rate":100,"delivery_rate":50,"total_cost":1,"avg_cost_per_msg":0.5,' in owner.get(STATS, asked).body


def test_a_country_whose_messages_are_gone_is_not_listed(owner: Person) -> None:
    asked = one_day("2020-01-01", [Row(country="FR"), Row(country="US")])
    run(f"DELETE FROM {MESSAGES} WHERE country = 'FR'")
    assert [one["country"] for one in exact(owner, BY_COUNTRY, asked)["countries"]] == ["US"]


def test_days_whose_messages_are_gone_do_not_open_the_window(owner: Person) -> None:
    one_day("2019-01-01", [Row()])
    one_day("2020-01-01", [Row()])
    run(f"DELETE FROM {MESSAGES} WHERE created_at < '2019-12-31'")
    assert exact(owner, DAILY, {"to": "2020-02-01"})["days"][0]["date"] == "2020-01-01"


def test_the_days_before_any_traffic_are_none(owner: Person) -> None:
    found = exact(owner, DAILY, {"to": "2001-01-01"})
    assert found == {"status": True, "days": [], "period": {"from": None, "to": "2001-01-01"}}


def test_countries_stand_by_traffic_and_those_without_come_in_their_turn(owner: Person) -> None:
    numbers = {"DE": 2, "AT": 2, None: 3, "US": 4, "FR": 1}
    asked = one_day("2020-01-01", [Row(country=country) for country, times in numbers.items() for _ in range(times)])
    found = [(one["country"], one["total_sent"]) for one in exact(owner, BY_COUNTRY, asked)["countries"]]
    assert found == [("US", 4), (None, 3), ("AT", 2), ("DE", 2), ("FR", 1)]


@pytest.mark.parametrize(
    ("asked", "days"),
    [
        ({"from": "2016-02-07", "to": "2026-02-13"}, 3660),
        ({"from": "2016-02-06", "to": "2026-02-13"}, None),
        ({"from": "2016-02-06"}, None),
        ({"from": "0001-01-01", "to": "9999-12-31"}, None),
    ],
)
def test_more_days_than_anybody_reads_are_refused(owner: Person, asked: dict[str, str], days: int | None) -> None:
    answer = owner.get(DAILY, asked)
    assert answer.status_code == (200 if days else 400)
    if days:
        assert len(answer.json()["days"]) == days
    else:
        assert answer.json()["description"] == "from must not be more than 3660 days before to"
    assert owner.get(STATS, asked).status_code == owner.get(BY_COUNTRY, asked).status_code == 200


def test_more_days_of_traffic_than_anybody_reads_are_refused(owner: Person) -> None:
    """An open window is as long as the traffic in it."""
    one_day("1969-07-20", [Row()])
    assert owner.get(DAILY, {"to": "2026-02-13"}).status_code == 400
    assert len(exact(owner, DAILY, {"to": "1970-02-13"})["days"]) == 209


def test_figures_are_of_messages_unless_a_source_is_named(owner: Person) -> None:
    for path in (STATS, DAILY, BY_COUNTRY):
        assert (
            owner.get(path).body == owner.get(path, {"source": "api"}).body != owner.get(path, {"source": "all"}).body
        )


def test_figures_have_no_pages(owner: Person) -> None:
    for path in (STATS, DAILY, BY_COUNTRY):
        assert owner.get(path, {"page": "0", "limit": "x"}).body == owner.get(path).body


def test_the_figures_of_a_filter_are_the_same_on_every_door(owner: Person) -> None:
    rng = random.Random(20260213)
    for question in (rng.choice(QUESTIONS[1:]) for _ in range(12)):
        asked = question | rng.choice(SOURCES[1:])
        listed, file = walked(owner, asked), exported(owner, asked)
        stats, days = exact(owner, STATS, asked)["stats"], exact(owner, DAILY, asked)["days"]
        countries = exact(owner, BY_COUNTRY, asked)["countries"]
        assert [row["id"] for row in listed] == [row["id"] for row in file]
        for name in ("sent", "delivered", "undelivered", "pending", "expired", "click_count", "action_count"):
            assert stats[name] == sum(day[name] for day in days) == sum(one[name] for one in countries)
        assert stats["total_sent"] == len(listed)
        assert stats["unique_click_count"] == sum(row["clicked"] for row in listed)
        cost = sum((Decimal(row["cost"]) for row in listed), Decimal(0))
        assert cost == sum((Decimal(row["cost"]) for row in file), Decimal(0))
        assert stats["total_cost"] == cost.quantize(Decimal("0.01"), ROUND_HALF_UP)


@pytest.mark.parametrize("source", ["api", "broadcasts", "all"])
@pytest.mark.parametrize("days", [EVER, {"from": "2026-02-01", "to": "2026-02-12"}], ids=["ever", "days"])
def test_the_other_dialects_summary_is_the_same_to_the_last_decimal(
    owner: Person, source: str, days: dict[str, str]
) -> None:
    asked = days | {"source": source}
    listed = walked(owner, asked)
    stats, summary = exact(owner, STATS, asked)["stats"], exact(owner, ERSAAL, asked)["summary"]
    assert summary == {
        "total_cost": sum((Decimal(row["cost"]) for row in listed), Decimal(0)),
        "total_messages": len(listed),
        "delivered": stats["delivered"],
        "failed": stats["undelivered"] + stats["expired"],
        "pending": stats["pending"],
    }


def walked(who: Person, asked: Mapping[str, str]) -> list[Any]:
    """The list's rows page by page; each page's total is their number."""
    found: list[Any] = []
    for page in count(1):
        body = exact(who, UNIFIED, {**asked, "page": str(page), "limit": "40"})
        found += body["messages"]
        if not body["messages"]:
            assert body["total"] == len(found)
            return found
    raise AssertionError


def exported(who: Person, asked: Mapping[str, str]) -> list[dict[str, str]]:
    answer = who.get(EXPORT, asked)
    rows = list(csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"))))
    assert int(answer["X-Export-Total"]) == len(rows)
    return rows
