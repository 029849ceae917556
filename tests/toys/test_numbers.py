"""Numbers agree: list, walked pages, file, statistics, report page and admin count the same rows and the same money."""

import json
from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from smsreports.sms.statuses import StatusGroup
from smsreports.sources import get_sources
from tests.conftest import ApiClient
from tests.toys.conftest import ACME, TELECOM, UNIFIED
from tests.toys.traffic import LABELS, SENDERS, Row, build_rows

pytestmark = pytest.mark.usefixtures("traffic")
DAYS = ("2026-02-09", "2026-02-10", "2026-02-11", "2026-02-12", "2026-02-20")
# Acme's words for parameters of 23 Telecom's.
ACME_NAMES = {
    "source": "channel",
    "status": "state",
    "country": "region",
    "sender": "origin",
    "phone": "number",
    "from": "first_day",
    "to": "last_day",
}
CENT = Decimal("0.01")


@st.composite
def queries(draw: st.DrawFn) -> dict[str, str]:
    """Draw a query in the words of 23 Telecom's, which report pages understand, too."""
    first, last = sorted(draw(st.lists(st.sampled_from(DAYS), min_size=2, max_size=2)))
    query = {"source": draw(st.sampled_from([*LABELS, "all"])), "from": first, "to": last}
    optional: Mapping[str, st.SearchStrategy[str]] = {
        "status": st.sampled_from([group.value for group in StatusGroup]),
        "country": st.sampled_from(["US", "gb", "FR"]),
        "sender": st.sampled_from([*SENDERS, "nobody"]),
        "phone": st.sampled_from(["415", "91 12", "999"]),
    }
    chosen = draw(st.lists(st.sampled_from(sorted(optional)), unique=True, max_size=2))
    return query | {name: draw(optional[name]) for name in chosen}


def matches(row: Row, query: Mapping[str, str]) -> bool:
    return (
        query["source"] in (row.source, "all")
        and query["from"] <= str(row.at.date()) <= query["to"]
        and query.get("status", row.group) == row.group
        and query.get("country", row.country or "").upper() == (row.country or "")
        and query.get("sender", row.sender) == row.sender
        and query.get("phone", "").replace(" ", "") in row.recipient
    )


def walk_pages(client: ApiClient, query: dict[str, str]) -> Iterator[str]:
    number = 1
    while rows := client.get(UNIFIED, query | {"limit": "5", "page": str(number)}).json()["messages"]:
        yield from (row["message"] for row in rows)
        number += 1


def read_money(body: bytes) -> Any:
    return json.loads(body, parse_float=Decimal)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=queries())
@example(query={"source": "whatsapp", "from": DAYS[0], "to": DAYS[-1]})
@example(query={"source": "all", "from": DAYS[0], "to": DAYS[-1]})
def test_every_door_counts_the_same_rows(owner: ApiClient, staff: Client, query: dict[str, str]) -> None:
    rows = [row for row in build_rows("acme") if matches(row, query)]
    cost = sum((row.cost for row in rows), Decimal(0))
    assert list(walk_pages(owner, query)) == [row.text for row in rows]
    assert owner.get(UNIFIED, query).json()["total"] == len(rows)

    file = owner.get(f"{UNIFIED}/export", query | {"format": "ndjson"})
    exported = [read_money(line) for line in file.body.splitlines()]
    assert (int(file["X-Export-Total"]), sum(row["cost"] for row in exported)) == (len(rows), cost)

    stats = read_money(owner.get(f"{TELECOM}/stats", query).body)["stats"]
    days = read_money(owner.get(f"{TELECOM}/stats/daily", query).body)["days"]
    countries = read_money(owner.get(f"{TELECOM}/stats/by-country", query).body)["countries"]
    assert stats["total_sent"] == sum(day["sent"] for day in days) == len(rows)
    assert sum(country["sent"] for country in countries) == len(rows)
    assert stats["total_cost"] == cost.quantize(CENT, ROUND_HALF_UP)

    theirs = {ACME_NAMES[name]: value for name, value in query.items()}
    states = read_money(owner.get(f"{ACME}/totals", theirs).body)["states"].values()
    assert (sum(state["messages"] for state in states), sum(state["cost"] for state in states)) == (len(rows), cost)
    assert owner.get(f"{ACME}/messages", theirs).json()["paging"]["total"] == len(rows)

    page = staff.get("/reports/messages", query | {"account": "acme"})
    assert page.context["pages"].total == len(rows)
    if "phone" not in query:
        totals = staff.get("/reports/", query | {"account": "acme"}).context["totals"]
        assert (totals.sent, totals.cost) == (len(rows), cost)
    assert sum(count_in_admin(staff, query)) == len(rows)


def count_in_admin(staff: Client, query: dict[str, str]) -> Iterator[int]:
    """Yield the total of the admin's list of each source that the query means."""
    params = {name: value for name, value in query.items() if name != "source"} | {"account": "acme"}
    if "phone" in params:
        params["phone"] = params["phone"].replace(" ", "")
    for source in get_sources():
        if query["source"] in (source.slug, "all"):
            url = reverse(f"admin:{source.model._meta.label_lower.replace('.', '_')}_changelist")
            answer = staff.get(url, params)
            assert answer.status_code == 200
            yield answer.context["cl"].result_count
