"""Countries and senders against `stats`, their order, and latencies against a calculation in Python."""

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
from tests.conftest import ApiClient, load_lines, message_line
from tests.reports.conftest import read_links

NOW = datetime(2026, 2, 13, 12, tzinfo=UTC)


def row(name: str, delivered: int, sent: int) -> BreakdownRow:
    sms = {"delivered": delivered, "undelivered": sent - delivered, "expired": 0, "pending": 0, "unknown": 0}
    return BreakdownRow(name, Totals(sms, Decimal(0)), None, None, None)


def test_the_countries_equal_those_of_stats(traffic: None, staff: Client, owner: ApiClient) -> None:
    query = {"period": "30d", "source": "all"}
    lines = [line for line, _ in staff.get("/reports/countries", query | {"account": "acme"}).context["rows"]]
    stats = owner.get("/api/v1/sms/stats/by-country", query).json()["countries"]
    countries = {
        line.name or None: (line.totals.sent, line.totals.delivered, float(line.totals.rate)) for line in lines
    }
    assert countries == {row["country"]: (row["sent"], row["delivered"], row["delivery_rate"]) for row in stats}


@pytest.mark.parametrize("page", ["countries", "senders"])
def test_every_number_links_to_exactly_the_rows_it_counts(traffic: None, staff: Client, page: str) -> None:
    response = staff.get(f"/reports/{page}?account=acme&period=30d")
    numbers = [(href, int(text)) for href, text in read_links(response) if text.isdigit()]
    assert numbers
    assert [href for href, number in numbers if staff.get(href).context["pages"].total != number] == []


def test_every_page_can_filter_by_no_country(traffic: None, staff: Client) -> None:
    page = staff.get("/reports/countries?account=acme&period=30d")
    (line,) = (line for line, _ in page.context["rows"] if not line.name)
    assert "no country" in page.content.decode()
    rows = staff.get(line.href)
    assert {row.message["recipient"] for row in rows.context["rows"]}
    assert rows.context["pages"].total == line.totals.sent > 0
    for other in ("", "senders", "countries"):
        filtered = staff.get(f"/reports/{other}?account=acme&period=30d&country=NONE")
        assert filtered.context["totals"] == line.totals
        assert filtered.context["errors"] == []


def test_latency_of_a_sender_can_be_filtered_by_no_country(db: None) -> None:
    at = (NOW - timedelta(minutes=1)).isoformat()
    load_lines(
        message_line(client_message_id=f"m-{number}", status="sent", country=None, recipient="+99912345", created_at=at)
        for number in range(MIN_SAMPLED_SMS)
    )
    load_lines(
        message_line(client_message_id=f"n-{number}", status="sent", created_at=at) for number in range(MIN_SAMPLED_SMS)
    )
    assert load_latencies(build_selection(sender="MyApp", no_country=True), 1_000, "country").keys() == {("",)}


def test_sms_beyond_the_last_row_are_counted_together(
    traffic: None, staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smsreports.reports.breakdowns.MAX_ROWS", 1)
    context = staff.get("/reports/senders?account=acme&period=30d").context
    assert len(context["rows"]) == 1
    assert context["unlisted_sms"] == context["totals"].sent - context["rows"][0][0].totals.sent > 0


def test_rates_are_sorted_by_their_intervals() -> None:
    lines = [row("lucky", 3, 4), row("many", 970, 1000), row("poor", 500, 1000), row("unlucky", 1, 4)]
    assert [line.name for line in sort_rows(lines, "-rate")] == ["many", "poor", "lucky", "unlucky"]
    assert sort_rows(lines, "rate")[0].name == "poor"


@given(st.lists(st.tuples(st.text(max_size=3), st.integers(0, 9)), max_size=9), st.sampled_from(["sent", "name"]))
def test_descending_order_is_the_reverse_of_ascending_order(senders: list[tuple[str, int]], name: str) -> None:
    lines = [row(sender, sent, sent) for sender, sent in senders]
    ascending, descending = sort_rows(lines, name), sort_rows(lines, f"-{name}")
    key: Any = (lambda line: line.name) if name == "name" else (lambda line: line.totals.sent)
    assert [key(line) for line in ascending] == [key(line) for line in descending][::-1] == sorted(map(key, lines))


def test_a_heading_sorts_and_then_reverses_the_order(traffic: None, staff: Client) -> None:
    page = staff.get("/reports/senders?account=acme&period=30d")
    headings = {text: href for href, text in read_links(page)}
    lines = staff.get(headings["Cost"]).context["rows"]
    costs = [line.totals.cost for line, _ in lines]
    assert costs == sorted(costs, reverse=True)
    reversed_headings = {text: href for href, text in read_links(staff.get(headings["Cost"]))}
    assert [line.totals.cost for line, _ in staff.get(reversed_headings["Cost"]).context["rows"]] == sorted(costs)


def test_an_invalid_sort_is_reported(traffic: None, staff: Client) -> None:
    ((name, reason),) = staff.get("/reports/senders?sort=luck").context["errors"]
    assert (name, reason.startswith("must be one of name, -name, sent")) == ("sort", True)


def test_the_csv_file_has_the_table(traffic: None, staff: Client) -> None:
    query = {"account": "acme", "period": "30d", "sort": "name"}
    lines = [line for line, _ in staff.get("/reports/senders", query).context["rows"]]
    file = staff.get("/reports/senders", query | {"format": "csv"}).content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(file)))
    assert [(row["sender"], int(row["sent"]), Decimal(row["cost"])) for row in rows] == [
        (line.name, line.totals.sent, line.totals.cost) for line in lines
    ]


def build_selection(**filters: Any) -> Selection:
    return Selection(Account.objects.get(name="acme"), get_sources(), filters, {}, ZoneInfo("UTC"))


def load_latencies(selection: Selection, sample: int, dimension: str) -> Mapping[tuple[str, ...], Latency]:
    return parse_latencies(build_latency_query(selection, NOW, sample, dimension).fetch_all(), 1)


def random_message(rng: random.Random, number: int) -> str:
    sent = NOW - timedelta(minutes=number)
    status = rng.choice(("DELIVRD", "DELIVRD", "DELIVRD", "pending", "ENROUTE", "UNDELIV"))
    delivered = sent + timedelta(seconds=rng.randrange(9000)) if status == "DELIVRD" and rng.random() < 0.9 else None
    return message_line(
        client_message_id=f"m-{number}", status=status, created_at=sent.isoformat(), country=rng.choice(("US", "DE")),
        delivered_at=delivered and delivered.isoformat(), sender_id=rng.choice("ab"),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_latencies_equal_those_calculated_in_python(db: None, seed: int) -> None:
    rng = random.Random(seed)
    load_lines(random_message(rng, number) for number in range(150))
    times: dict[str, list[tuple[timedelta, bool]]] = {"a": [], "b": []}
    for sms in Message.unscoped.all():
        is_pending = sms.status_group == "pending"
        if is_pending or (sms.status_group == "delivered" and sms.delivered_at):
            times[sms.sender_id].append(((sms.delivered_at or NOW) - sms.created_at, is_pending))
    latencies = load_latencies(build_selection(), 1_000, "sender_id")
    assert latencies == {(sender,): calculate_latency(durations) for sender, durations in times.items()}


def calculate_latency(durations: list[tuple[timedelta, bool]]) -> Latency:
    """Return the nearest-rank quantiles. They are lower bounds if a pending SMS has waited no longer."""
    times = sorted(time for time, _ in durations)

    def quantile(share: int) -> Quantile:
        value = times[-(-share * len(times) // 100) - 1]
        return Quantile(value, any(is_pending and time <= value for time, is_pending in durations))

    return Latency(len(durations), quantile(50), quantile(95))


def test_fewer_sms_than_the_minimum_sample_have_no_latency(db: None) -> None:
    load_lines(message_line(client_message_id=f"m-{number}", status="sent") for number in range(MIN_SAMPLED_SMS - 1))
    assert load_latencies(build_selection(), 1_000, "sender_id") == {}


def test_filters_do_not_read_beyond_the_sampled_rows(db: None) -> None:
    """Filters that are rare among the newest rows do not make the query read more rows."""
    times = (NOW - timedelta(minutes=number) for number in range(60))
    load_lines(
        message_line(
            client_message_id=f"m-{number}",
            status="sent",
            country="US" if number < 30 else "DE",
            created_at=at.isoformat(),
        )
        for number, at in enumerate(times)
    )
    assert load_latencies(build_selection(), 30, "country").keys() == {("US",)}
    assert load_latencies(build_selection(country="DE"), 30, "country")["DE",].sample_size == 30
    assert load_latencies(build_selection(sender="MyApp", country="DE"), 30, "country") == {}
