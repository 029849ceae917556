"""Health page against a count of its rows in Python, and against the lists that its numbers link to."""

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
from tests.conftest import broadcast_line, load_lines, message_line, send_line
from tests.reports.conftest import read_links

AT = datetime(2026, 2, 13, 10, 40, tzinfo=UTC)
QUERY = {"account": "acme", "at": "2026-02-13T10:40Z"}
WEEK = timedelta(weeks=1)
# At the edges of the hours, inside and outside of them.
MINUTES = (-1, 0, 1, 200, 624, 625, 626, 900)


def random_message(rng: random.Random, number: int) -> str:
    at = AT.replace(hour=0, minute=0) + timedelta(minutes=rng.choice(MINUTES)) - rng.randrange(6) * WEEK
    status = rng.choice(("DELIVRD", "DELIVRD", "DELIVRD", "UNDELIV", "pending"))
    took = timedelta(seconds=rng.choice((3, 900, 901, 5000)))
    return message_line(
        client_message_id=f"m-{number}", account=rng.choice(("acme", "acme", "globex")), created_at=at.isoformat(),
        status=status, delivered_at=(at + took).isoformat() if status == "DELIVRD" else None,
        sender_id=rng.choice(("MyApp", "R&D")), country=rng.choice(("US", "DE", None)), recipient="+99912345",
    )  # fmt: skip


@pytest.fixture
def random_messages(db: None) -> None:
    rng = random.Random(20260213)
    load_lines(random_message(rng, number) for number in range(400))


def rows_by_key(response: Any) -> dict[SliceKey, SliceRow]:
    rows = [row for table in response.context["tables"] for row, _ in table.rows]
    return {row.key: row for row in [response.context["total"], *rows]}


def count_in_python(key: SliceKey, week: int) -> SmsCount:
    since, until = (AT.replace(hour=hour, minute=minute) - week * WEEK for hour, minute in ((0, 0), (10, 25)))
    rows = [
        row
        for row in Message.unscoped.filter(account__name="acme")
        if since <= row.created_at < until and key[0] in (None, row.sender_id) and key[1] in (None, row.country or "")
    ]
    durations = [row.delivered_at - row.created_at for row in rows if row.delivered_at and row.status == "DELIVRD"]
    return SmsCount(len(rows), sum(duration <= timedelta(minutes=15) for duration in durations))


def test_every_slice_has_the_same_counts_as_a_count_in_python(random_messages: None, staff: Client) -> None:
    rows = rows_by_key(staff.get("/reports/health", QUERY))
    assert rows.keys() == set(product((None, "MyApp", "R&D"), (None, "US", "DE", "")))
    for key, row in rows.items():
        assert [day.count for day in row.days] == [count_in_python(key, week) for week in range(5)], key


@pytest.mark.parametrize("more", [{}, {"sender": "R&D"}, {"country": "DE", "source": "api"}, {"span": "3h"}])
def test_every_number_links_to_exactly_the_rows_it_counts(
    random_messages: None, staff: Client, more: dict[str, str]
) -> None:
    response = staff.get("/reports/health", QUERY | more)
    numbers = [(href, int(text)) for href, text in read_links(response) if text.isdigit() and "/messages" in href]
    assert len(numbers) > 20
    assert [href for href, number in numbers if staff.get(href).context["pages"].total != number] == []


def test_every_rate_links_to_the_sms_that_were_in_time(random_messages: None, staff: Client) -> None:
    for line in rows_by_key(staff.get("/reports/health", QUERY)).values():
        for day in line.days:
            if day.links:
                assert staff.get(day.links.in_time).context["pages"].total == day.count.in_time


def route_lines(**missed: int) -> Iterator[str]:
    """Yield 100 SMS a day of each of four route_lines, 3 of them missed. `missed` is the number of today, by route."""
    for week, sender, country, number in product(range(5), ("MyApp", "Shop"), ("US", "DE"), range(100)):
        at = AT.replace(hour=9, minute=0) - week * WEEK + timedelta(seconds=number)
        is_missed = number < (3 if week else missed.get(f"{sender}_{country}", 3))
        delivery = {"status": "UNDELIV"} if is_missed else {"status": "DELIVRD", "delivered_at": at.isoformat()}
        key = f"{week}-{sender}-{country}-{number}"
        yield message_line(
            client_message_id=key, created_at=at.isoformat(), sender_id=sender, country=country,
            recipient="+99912345", **delivery,
        )  # fmt: skip


def test_a_dropped_route_is_reported_with_a_link_to_its_misses(staff: Client) -> None:
    load_lines(route_lines(Shop_DE=60))
    response = staff.get("/reports/health", QUERY)
    (cause,) = response.context["causes"]
    assert (cause.row.name, cause.state, cause.lost_sms) == ("Shop → DE", "dropped", 57)
    text = response.content.decode()
    assert "1 thing has moved" in text and "40.00\u202f% in time, where 97.00\u202f% is usual" in text
    (href,) = [href for href, text in read_links(response) if text == "The 60 that missed it"]
    assert staff.get(href).context["pages"].total == 60


def test_a_usual_day_has_the_notice_that_nothing_has_moved(staff: Client) -> None:
    load_lines(route_lines())
    assert "Nothing has moved" in staff.get("/reports/health", QUERY).content.decode()


def test_sms_of_the_last_minutes_do_not_count_as_missed(staff: Client) -> None:
    """500 SMS that have been pending for three minutes are not a drop."""
    young = (AT - timedelta(minutes=3)).isoformat()
    load_lines(
        [
            *route_lines(),
            *(message_line(client_message_id=f"y-{n}", created_at=young, status="sent") for n in range(500)),
        ]
    )
    response = staff.get("/reports/health", QUERY)
    assert (response.context["total"].today.count.sent, response.context["causes"]) == (400, [])


def test_late_receipts_do_not_improve_past_days(staff: Client) -> None:
    """All SMS of the past days were delivered in the end, but no more of them in time than today."""
    day = AT.replace(hour=9, minute=0)
    times = [(week, n, day - week * WEEK + timedelta(seconds=n)) for week in range(5) for n in range(100)]
    load_lines(
        message_line(client_message_id=f"{week}-{n}", created_at=at.isoformat(), status="sent")
        if n < 20 and not week
        else message_line(client_message_id=f"{week}-{n}", created_at=at.isoformat(), status="DELIVRD",
                     delivered_at=(at + timedelta(hours=5 if n < 20 else 0)).isoformat())
        for week, n, at in times
    )  # fmt: skip
    response = staff.get("/reports/health", QUERY)
    assert {day.count.rate for day in response.context["total"].days} == {80}
    assert response.context["causes"] == []


def test_at_most_max_rows_read_are_read(random_messages: None, staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = rows_by_key(staff.get("/reports/health", QUERY))[None, None]
    monkeypatch.setattr(hours, "MAX_ROWS_READ", 15)
    monkeypatch.setitem(views.LIMITS_CONTEXT, "max_rows_read", 15)
    response = staff.get("/reports/health", QUERY)
    truncated = response.context["total"]
    assert max(day.count.sent for day in truncated.days) <= 15 < max(day.count.sent for day in whole.days)
    assert "at most the newest 15 SMS are read" in response.content.decode()
    numbers = [(href, int(text)) for href, text in read_links(response) if text.isdigit() and "/messages" in href]
    assert [href for href, number in numbers if staff.get(href).context["pages"].total != number] == []


def test_a_minute_with_too_many_sms_has_a_notice(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hours, "MAX_ROWS_READ", 3)
    at = (AT - timedelta(minutes=16)).isoformat()
    load_lines(message_line(client_message_id=f"m-{number}", created_at=at) for number in range(9))
    assert "Too much to read" in staff.get("/reports/health", QUERY).content.decode()


def test_sms_of_broadcasts_are_counted(staff: Client) -> None:
    at = AT.replace(hour=9).isoformat()
    load_lines(
        [
            broadcast_line(),
            send_line(sent_at=at, status="DELIVRD", delivered_at=at),
            message_line(created_at=at, status="sent"),
        ]
    )
    total = staff.get("/reports/health", QUERY).context["total"]
    assert total.today.count == SmsCount(2, 1)


@pytest.mark.parametrize(
    ("span", "since", "until"),
    [
        ("today", "2026-02-13T00:00", "2026-02-13T10:25"),
        ("1h", "2026-02-13T09:25", "2026-02-13T10:25"),
        ("24h", "2026-02-12T10:25", "2026-02-13T10:25"),
    ],
)
def test_hours_end_before_sms_that_may_still_be_in_time(span: str, since: str, until: str) -> None:
    compared = hours.ComparedHours.from_span(span, AT + timedelta(seconds=59))
    assert (compared.since, compared.until) == tuple(datetime.fromisoformat(f"{at}+00:00") for at in (since, until))


@pytest.mark.parametrize("at", ["2026-02-13T00:00Z", "2026-02-13T00:14Z", "2026-02-13T00:15Z"])
def test_just_after_midnight_the_page_links_to_the_last_24_hours(random_messages: None, staff: Client, at: str) -> None:
    response = staff.get("/reports/health", QUERY | {"at": at})
    assert "Nothing of today can be judged yet" in response.content.decode()
    (href,) = [href for href, text in read_links(response) if text == "Look at the last 24 hours"]
    day = staff.get(href).context["hours"]
    assert day.until - day.since == timedelta(hours=24)


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({"at": "now"}, ("at", "must be a moment in UTC, YYYY-MM-DDTHH:MMZ")),
        ({"at": "2026-02-30T10:00Z"}, ("at", "must be a moment in UTC, YYYY-MM-DDTHH:MMZ")),
        ({"at": "9999-12-31T23:59Z"}, ("at", "must not be in the future")),
        ({"at": "0001-01-01T00:00Z"}, ("at", "must not be before the year 2")),
        ({"span": "week"}, ("span", "must be one of today, 1h, 3h, 24h")),
        ({"country": "USA"}, ("country", "must be a country code of two letters, such as US")),
    ],
)
def test_an_invalid_parameter_is_reported_with_its_name(
    random_messages: None, staff: Client, query: Mapping[str, str], error: tuple[str, str]
) -> None:
    response = staff.get("/reports/health", {"account": "acme", **query})
    assert (response.status_code, response.context["errors"]) == (200, [error])
    file = staff.get("/reports/health", {"account": "acme", **query, "format": "csv"})
    assert (file.status_code, file.content.decode()) == (400, f"{error[0]}: {error[1]}\n")


def test_the_first_and_last_days_of_the_calendar_are_accepted(random_messages: None, staff: Client) -> None:
    assert staff.get("/reports/health?at=0002-01-01T00:00Z&span=24h&tz=Asia/Tokyo").status_code == 200


def test_an_empty_account_and_empty_hours_have_notices(staff: Client, account: Account) -> None:
    assert "acme has not sent anything yet" in staff.get("/reports/health", QUERY).content.decode()
    load_lines([message_line()])
    assert "Nothing was sent in these hours" in staff.get("/reports/health", QUERY).content.decode()


def test_an_account_without_a_past_has_a_notice(staff: Client) -> None:
    load_lines([message_line(created_at=AT.replace(hour=9).isoformat())])
    assert "Too little past to compare with" in staff.get("/reports/health", QUERY).content.decode()


def test_the_csv_file_has_every_slice(random_messages: None, staff: Client) -> None:
    slices = rows_by_key(staff.get("/reports/health", QUERY))
    file = staff.get("/reports/health", QUERY | {"format": "csv"}).content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(file)))
    assert [(row["slice"], row["sender"]) for row in rows].count(("sender", "R&D")) == 1
    assert sorted((int(row["sent_2026-02-13"]), int(row["in_time_2026-02-06"])) for row in rows) == sorted(
        (row.days[0].count.sent, row.days[1].count.in_time) for row in slices.values()
    )


def test_the_permanent_link_shows_the_same_figures(random_messages: None, staff: Client) -> None:
    response = staff.get("/reports/health", QUERY)
    later = staff.get(response.context["moment_link"])
    assert [line.days for line in rows_by_key(later).values()] == [line.days for line in rows_by_key(response).values()]


def test_links_to_other_pages_leave_out_parameters_they_do_not_support(random_messages: None, staff: Client) -> None:
    navigation = {name: href for name, href, _ in staff.get("/reports/health?span=1h&country=DE").context["navigation"]}
    assert navigation["Countries"] == "/reports/countries?account=acme&country=DE"
    from_messages = {
        name: href for name, href, _ in staff.get("/reports/messages?period=30d&phone=1").context["navigation"]
    }
    assert from_messages["Health"] == "/reports/health?account=acme"
