"""The page against a slow count of its rows, and against the lists that its figures lead to."""

import csv
import io
import random
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from django.test import Client

from messages_app.models import Message
from smsreports.accounts.models import Account
from smsreports.reports.health import hours, views
from smsreports.reports.health.rows import SliceRow
from smsreports.reports.health.slices import SliceKey, SmsCount
from tests.conftest import broadcast, load, message, send
from tests.reports.conftest import links

AT = datetime(2026, 2, 13, 10, 40, tzinfo=UTC)
ASKED = {"account": "acme", "at": "2026-02-13T10:40Z"}
WEEK = timedelta(weeks=1)
# Beside the edges of the hours, and inside and outside of them.
MINUTES = (-1, 0, 1, 200, 624, 625, 626, 900)


def some_message(rng: random.Random, number: int) -> str:
    at = AT.replace(hour=0, minute=0) + timedelta(minutes=rng.choice(MINUTES)) - rng.randrange(6) * WEEK
    status = rng.choice(("DELIVRD", "DELIVRD", "DELIVRD", "UNDELIV", "pending"))
    took = timedelta(seconds=rng.choice((3, 900, 901, 5000)))
    return message(
        client_message_id=f"m-{number}", account=rng.choice(("acme", "acme", "globex")), created_at=at.isoformat(),
        status=status, delivered_at=(at + took).isoformat() if status == "DELIVRD" else None,
        sender_id=rng.choice(("MyApp", "R&D")), country=rng.choice(("US", "DE", None)), recipient="+99912345",
    )  # fmt: skip


@pytest.fixture
def some(db: None) -> None:
    rng = random.Random(20260213)
    load(some_message(rng, number) for number in range(400))


def lines(answer: Any) -> dict[SliceKey, SliceRow]:
    found = [line for part in answer.context["parts"] for line, _ in part.rows]
    return {line.key: line for line in [answer.context["total"], *found]}


def slow(key: SliceKey, week: int) -> SmsCount:
    since, until = (AT.replace(hour=hour, minute=minute) - week * WEEK for hour, minute in ((0, 0), (10, 25)))
    rows = [
        row
        for row in Message.everyones.filter(account__name="acme")
        if since <= row.created_at < until and key[0] in (None, row.sender_id) and key[1] in (None, row.country or "")
    ]
    took = [row.delivered_at - row.created_at for row in rows if row.delivered_at and row.status == "DELIVRD"]
    return SmsCount(len(rows), sum(one <= timedelta(minutes=15) for one in took))


def test_every_slice_has_the_counts_of_a_slow_calculation(some: None, staff: Client) -> None:
    found = lines(staff.get("/reports/health", ASKED))
    assert found.keys() == set(product((None, "MyApp", "R&D"), (None, "US", "DE", "")))
    for key, line in found.items():
        assert [day.count for day in line.days] == [slow(key, week) for week in range(5)], key


@pytest.mark.parametrize("more", [{}, {"sender": "R&D"}, {"country": "DE", "source": "api"}, {"span": "3h"}])
def test_every_figure_leads_to_just_the_rows_that_it_counts(some: None, staff: Client, more: dict[str, str]) -> None:
    answer = staff.get("/reports/health", ASKED | more)
    counted = [(href, int(text)) for href, text in links(answer) if text.isdigit() and "/messages" in href]
    assert len(counted) > 20
    assert [href for href, number in counted if staff.get(href).context["pages"].total != number] == []


def test_every_rate_leads_to_what_was_in_time(some: None, staff: Client) -> None:
    for line in lines(staff.get("/reports/health", ASKED)).values():
        for day in line.days:
            if day.href:
                assert staff.get(day.href.in_time).context["pages"].total == day.count.in_time


def routes(**missed: int) -> Iterator[str]:
    """100 SMS a day of two senders to two countries, 3 of which miss; today as many as is said."""
    for week, sender, country, number in product(range(5), ("MyApp", "Shop"), ("US", "DE"), range(100)):
        at = AT.replace(hour=9, minute=0) - week * WEEK + timedelta(seconds=number)
        bad = number < (3 if week else missed.get(f"{sender}_{country}", 3))
        fate = {"status": "UNDELIV"} if bad else {"status": "DELIVRD", "delivered_at": at.isoformat()}
        key = f"{week}-{sender}-{country}-{number}"
        yield message(
            client_message_id=key, created_at=at.isoformat(), sender_id=sender, country=country,
            recipient="+99912345", **fate,
        )  # fmt: skip


def test_a_route_that_fell_is_said_first_with_the_rows_that_missed(staff: Client) -> None:
    load(routes(Shop_DE=60))
    answer = staff.get("/reports/health", ASKED)
    (cause,) = answer.context["causes"]
    assert (cause.row.name, cause.state, cause.lost_sms) == ("Shop → DE", "dropped", 57)
    text = answer.content.decode()
    assert "1 thing has moved" in text and "40.00\u202f% in time, where 97.00\u202f% is usual" in text
    (href,) = [href for href, text in links(answer) if text == "The 60 that missed it"]
    assert staff.get(href).context["pages"].total == 60


def test_a_usual_day_says_that_nothing_has_moved(staff: Client) -> None:
    load(routes())
    assert "Nothing has moved" in staff.get("/reports/health", ASKED).content.decode()


def test_what_was_sent_in_the_last_minutes_is_not_missed(staff: Client) -> None:
    """Five hundred SMS on their way since three minutes ago are no drop."""
    young = (AT - timedelta(minutes=3)).isoformat()
    load([*routes(), *(message(client_message_id=f"y-{n}", created_at=young, status="sent") for n in range(500))])
    answer = staff.get("/reports/health", ASKED)
    assert (answer.context["total"].today.count.sent, answer.context["causes"]) == (400, [])


def test_receipts_that_came_late_make_no_day_better(staff: Client) -> None:
    """Four weeks on, all was delivered; within the time, no more than today."""
    day = AT.replace(hour=9, minute=0)
    times = [(week, n, day - week * WEEK + timedelta(seconds=n)) for week in range(5) for n in range(100)]
    load(
        message(client_message_id=f"{week}-{n}", created_at=at.isoformat(), status="sent")
        if n < 20 and not week
        else message(client_message_id=f"{week}-{n}", created_at=at.isoformat(), status="DELIVRD",
                     delivered_at=(at + timedelta(hours=5 if n < 20 else 0)).isoformat())
        for week, n, at in times
    )  # fmt: skip
    answer = staff.get("/reports/health", ASKED)
    assert {day.count.rate for day in answer.context["total"].days} == {80}
    assert answer.context["causes"] == []


def test_no_more_rows_are_read_than_it_says(some: None, staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = lines(staff.get("/reports/health", ASKED))[None, None]
    monkeypatch.setattr(hours, "MAX_ROWS_READ", 15)
    monkeypatch.setitem(views.LIMITS_CONTEXT, "most_read", 15)
    answer = staff.get("/reports/health", ASKED)
    cut = answer.context["total"]
    assert max(day.count.sent for day in cut.days) <= 15 < max(day.count.sent for day in whole.days)
    assert "at most the newest 15 SMS are read" in answer.content.decode()
    counted = [(href, int(text)) for href, text in links(answer) if text.isdigit() and "/messages" in href]
    assert [href for href, number in counted if staff.get(href).context["pages"].total != number] == []


def test_a_minute_with_more_than_can_be_read_is_said(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hours, "MAX_ROWS_READ", 3)
    at = (AT - timedelta(minutes=16)).isoformat()
    load(message(client_message_id=f"m-{number}", created_at=at) for number in range(9))
    assert "Too much to read" in staff.get("/reports/health", ASKED).content.decode()


def test_sends_of_broadcasts_count_too(staff: Client) -> None:
    at = AT.replace(hour=9).isoformat()
    load([broadcast(), send(sent_at=at, status="DELIVRD", delivered_at=at), message(created_at=at, status="sent")])
    total = staff.get("/reports/health", ASKED).context["total"]
    assert total.today.count == SmsCount(2, 1)


@pytest.mark.parametrize(
    ("span", "since", "until"),
    [
        ("today", "2026-02-13T00:00", "2026-02-13T10:25"),
        ("1h", "2026-02-13T09:25", "2026-02-13T10:25"),
        ("24h", "2026-02-12T10:25", "2026-02-13T10:25"),
    ],
)
def test_hours_end_where_every_sms_can_be_judged(span: str, since: str, until: str) -> None:
    found = hours.ComparedHours.from_span(span, AT + timedelta(seconds=59))
    assert (found.since, found.until) == tuple(datetime.fromisoformat(f"{at}+00:00") for at in (since, until))


@pytest.mark.parametrize("at", ["2026-02-13T00:00Z", "2026-02-13T00:14Z", "2026-02-13T00:15Z"])
def test_just_after_midnight_the_last_day_is_offered(some: None, staff: Client, at: str) -> None:
    answer = staff.get("/reports/health", ASKED | {"at": at})
    assert "Nothing of today can be judged yet" in answer.content.decode()
    (href,) = [href for href, text in links(answer) if text == "Look at the last 24 hours"]
    day = staff.get(href).context["hours"]
    assert day.until - day.since == timedelta(hours=24)


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ({"at": "now"}, ("at", "must be a moment in UTC, YYYY-MM-DDTHH:MMZ")),
        ({"at": "2026-02-30T10:00Z"}, ("at", "must be a moment in UTC, YYYY-MM-DDTHH:MMZ")),
        ({"at": "9999-12-31T23:59Z"}, ("at", "must not be in the future")),
        ({"at": "0001-01-01T00:00Z"}, ("at", "must not be before the year 2")),
        ({"span": "week"}, ("span", "must be one of today, 1h, 3h, 24h")),
        ({"country": "USA"}, ("country", "must be a country code of two letters, such as US")),
    ],
)
def test_an_odd_question_is_named_at_its_field(
    some: None, staff: Client, query: Mapping[str, str], fault: tuple[str, str]
) -> None:
    answer = staff.get("/reports/health", {"account": "acme", **query})
    assert (answer.status_code, answer.context["faults"]) == (200, [fault])
    file = staff.get("/reports/health", {"account": "acme", **query, "format": "csv"})
    assert (file.status_code, file.content.decode()) == (400, f"{fault[0]}: {fault[1]}\n")


def test_the_edges_of_the_calendar_are_days_too(some: None, staff: Client) -> None:
    assert staff.get("/reports/health?at=0002-01-01T00:00Z&span=24h&tz=Asia/Tokyo").status_code == 200


def test_an_empty_account_and_an_empty_time_say_so(staff: Client, account: Account) -> None:
    assert "acme has not sent anything yet" in staff.get("/reports/health", ASKED).content.decode()
    load([message()])
    assert "Nothing was sent in these hours" in staff.get("/reports/health", ASKED).content.decode()


def test_an_account_without_a_past_says_so(staff: Client) -> None:
    load([message(created_at=AT.replace(hour=9).isoformat())])
    assert "Too little past to compare with" in staff.get("/reports/health", ASKED).content.decode()


def test_the_file_has_every_slice(some: None, staff: Client) -> None:
    found = lines(staff.get("/reports/health", ASKED))
    file = staff.get("/reports/health", ASKED | {"format": "csv"}).content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(file)))
    assert [(row["slice"], row["sender"]) for row in rows].count(("sender", "R&D")) == 1
    assert sorted((int(row["sent_2026-02-13"]), int(row["in_time_2026-02-06"])) for row in rows) == sorted(
        (line.days[0].count.sent, line.days[1].count.in_time) for line in found.values()
    )


def test_the_link_to_a_moment_is_the_same_page_later(some: None, staff: Client) -> None:
    answer = staff.get("/reports/health", ASKED)
    again = staff.get(answer.context["moment"])
    assert [line.days for line in lines(again).values()] == [line.days for line in lines(answer).values()]


def test_other_pages_are_not_asked_what_only_this_one_knows(some: None, staff: Client) -> None:
    navigation = {name: href for name, href, _ in staff.get("/reports/health?span=1h&country=DE").context["navigation"]}
    assert navigation["Countries"] == "/reports/countries?account=acme&country=DE"
    there = {name: href for name, href, _ in staff.get("/reports/messages?period=30d&phone=1").context["navigation"]}
    assert there["Health"] == "/reports/health?account=acme"
