"""Countries and senders against `stats`, their order, and the times against a slow calculation."""

import csv
import io
import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from messages_app.models import Message
from smsreports.accounts.models import Account
from smsreports.reports.breakdowns import BreakdownRow, sort_rows
from smsreports.reports.latency import MIN_SAMPLED_SMS, Latency, Quantile, build_latency_query, parse_latencies
from smsreports.reports.selection import Selection
from smsreports.reports.totals import Totals
from smsreports.sources import get_sources
from tests.conftest import Person, load, message
from tests.reports.conftest import links

NOW = datetime(2026, 2, 13, 12, tzinfo=UTC)


def row(name: str, delivered: int, sent: int) -> BreakdownRow:
    sms = {"delivered": delivered, "undelivered": sent - delivered, "expired": 0, "pending": 0, "unknown": 0}
    return BreakdownRow(name, Totals(sms, Decimal(0)), None, None, None)


def test_the_countries_are_those_of_stats(traffic: None, staff: Client, owner: Person) -> None:
    asked = {"period": "30d", "source": "all"}
    lines = [line for line, _ in staff.get("/reports/countries", asked | {"account": "acme"}).context["lines"]]
    stats = owner.get("/api/v1/sms/stats/by-country", asked).json()["countries"]
    found = {line.name or None: (line.totals.sent, line.totals.delivered, float(line.totals.rate)) for line in lines}
    assert found == {one["country"]: (one["sent"], one["delivered"], one["delivery_rate"]) for one in stats}


@pytest.mark.parametrize("page", ["countries", "senders"])
def test_every_figure_leads_to_just_the_rows_that_it_counts(traffic: None, staff: Client, page: str) -> None:
    answer = staff.get(f"/reports/{page}?account=acme&period=30d")
    counted = [(href, int(text)) for href, text in links(answer) if text.isdigit()]
    assert counted
    assert [href for href, number in counted if staff.get(href).context["pages"].total != number] == []


def test_sms_without_a_country_are_listed_too_on_every_page(traffic: None, staff: Client) -> None:
    page = staff.get("/reports/countries?account=acme&period=30d")
    (line,) = (line for line, _ in page.context["lines"] if not line.name)
    assert "no country" in page.content.decode()
    rows = staff.get(line.href)
    assert {one.row["recipient"] for one in rows.context["lines"]}
    assert rows.context["pages"].total == line.totals.sent > 0
    for other in ("", "senders", "countries"):
        again = staff.get(f"/reports/{other}?account=acme&period=30d&country=NONE")
        assert again.context["totals"] == line.totals
        assert again.context["faults"] == []


def test_times_of_sms_without_a_country_are_told_of_one_sender(db: None) -> None:
    at = (NOW - timedelta(minutes=1)).isoformat()
    load(
        message(client_message_id=f"m-{number}", status="sent", country=None, recipient="+99912345", created_at=at)
        for number in range(MIN_SAMPLED_SMS)
    )
    load(message(client_message_id=f"n-{number}", status="sent", created_at=at) for number in range(MIN_SAMPLED_SMS))
    assert took(selection(sender="MyApp", no_country=True), 1_000, "country").keys() == {("",)}


def test_the_rest_past_the_longest_table_is_told(traffic: None, staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smsreports.reports.breakdowns.MAX_ROWS", 1)
    found = staff.get("/reports/senders?account=acme&period=30d").context
    assert len(found["lines"]) == 1
    assert found["others"] == found["totals"].sent - found["lines"][0][0].totals.sent > 0


def test_a_few_lucky_ones_are_neither_best_nor_worst() -> None:
    lines = [row("lucky", 3, 4), row("many", 970, 1000), row("poor", 500, 1000), row("unlucky", 1, 4)]
    assert [line.name for line in sort_rows(lines, "-rate")] == ["many", "poor", "lucky", "unlucky"]
    assert sort_rows(lines, "rate")[0].name == "poor"


@given(st.lists(st.tuples(st.text(max_size=3), st.integers(0, 9)), max_size=9), st.sampled_from(["sent", "name"]))
def test_sorting_upwards_and_downwards_mirror_each_other(found: list[tuple[str, int]], name: str) -> None:
    lines = [row(sender, sent, sent) for sender, sent in found]
    up, down = sort_rows(lines, name), sort_rows(lines, f"-{name}")
    key: Any = (lambda line: line.name) if name == "name" else (lambda line: line.totals.sent)
    assert [key(line) for line in up] == [key(line) for line in down][::-1] == sorted(map(key, lines))


def test_a_heading_sorts_and_then_turns_around(traffic: None, staff: Client) -> None:
    page = staff.get("/reports/senders?account=acme&period=30d")
    heading = {text: href for href, text in links(page)}
    lines = staff.get(heading["Cost"]).context["lines"]
    costs = [line.totals.cost for line, _ in lines]
    assert costs == sorted(costs, reverse=True)
    again = {text: href for href, text in links(staff.get(heading["Cost"]))}
    assert [line.totals.cost for line, _ in staff.get(again["Cost"]).context["lines"]] == sorted(costs)


def test_an_odd_sort_is_named(traffic: None, staff: Client) -> None:
    ((name, reason),) = staff.get("/reports/senders?sort=luck").context["faults"]
    assert (name, reason.startswith("must be one of name, -name, sent")) == ("sort", True)


def test_the_file_has_the_table(traffic: None, staff: Client) -> None:
    asked = {"account": "acme", "period": "30d", "sort": "name"}
    lines = [line for line, _ in staff.get("/reports/senders", asked).context["lines"]]
    file = staff.get("/reports/senders", asked | {"format": "csv"}).content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(file)))
    assert [(one["sender"], int(one["sent"]), Decimal(one["cost"])) for one in rows] == [
        (line.name, line.totals.sent, line.totals.cost) for line in lines
    ]


def selection(**filters: Any) -> Selection:
    return Selection(Account.objects.get(name="acme"), get_sources(), filters, {}, ZoneInfo("UTC"))


def took(asked: Selection, sample: int, by: str) -> Mapping[tuple[str, ...], Latency]:
    return parse_latencies(build_latency_query(asked, NOW, sample, by).fetch_all(), 1)


def some_message(rng: random.Random, number: int) -> str:
    sent = NOW - timedelta(minutes=number)
    status = rng.choice(("DELIVRD", "DELIVRD", "DELIVRD", "pending", "ENROUTE", "UNDELIV"))
    delivered = sent + timedelta(seconds=rng.randrange(9000)) if status == "DELIVRD" and rng.random() < 0.9 else None
    return message(
        client_message_id=f"m-{number}", status=status, created_at=sent.isoformat(), country=rng.choice(("US", "DE")),
        delivered_at=delivered and delivered.isoformat(), sender_id=rng.choice("ab"),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_times_to_delivery_are_those_of_a_slow_calculation(db: None, seed: int) -> None:
    rng = random.Random(seed)
    load(some_message(rng, number) for number in range(150))
    times: dict[str, list[tuple[timedelta, bool]]] = {"a": [], "b": []}
    for sms in Message.everyones.all():
        waits = sms.status_group == "pending"
        if waits or (sms.status_group == "delivered" and sms.delivered_at):
            times[sms.sender_id].append(((sms.delivered_at or NOW) - sms.created_at, waits))
    found = took(selection(), 1_000, "sender_id")
    assert found == {(sender,): slow(every) for sender, every in times.items()}


def slow(every: list[tuple[timedelta, bool]]) -> Latency:
    """The least time that so many in a hundred do not exceed; `at_least` if one that waits may belong above it."""
    times = sorted(time for time, _ in every)

    def quantile(share: int) -> Quantile:
        value = times[-(-share * len(times) // 100) - 1]
        return Quantile(value, any(waits and time <= value for time, waits in every))

    return Latency(len(every), quantile(50), quantile(95))


def test_no_time_is_said_of_a_few(db: None) -> None:
    load(message(client_message_id=f"m-{number}", status="sent") for number in range(MIN_SAMPLED_SMS - 1))
    assert took(selection(), 1_000, "sender_id") == {}


def test_no_more_rows_are_looked_at_than_the_sample_holds(db: None) -> None:
    """A pair of filters that is rare among the newest rows is no reason to read on."""
    times = (NOW - timedelta(minutes=number) for number in range(60))
    load(
        message(
            client_message_id=f"m-{number}",
            status="sent",
            country="US" if number < 30 else "DE",
            created_at=at.isoformat(),
        )
        for number, at in enumerate(times)
    )
    assert took(selection(), 30, "country").keys() == {("US",)}
    assert took(selection(country="DE"), 30, "country")["DE",].sample_size == 30
    assert took(selection(sender="MyApp", country="DE"), 30, "country") == {}
