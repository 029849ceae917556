"""Statistics over HTTP, compared with a slow calculation from the rows, the lists and the exports."""

import csv
import io
import json
import random
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import count
from typing import Any

import pytest

from smsreports.dialects.telecom23 import params
from smsreports.queries import query_string
from smsreports.sms.statuses import NAMES
from smsreports.sms.windows import PERIODS
from tests.conftest import ALL_DAYS, ApiClient
from tests.counters.rows import MESSAGES, Row, create_accounts, insert_messages, insert_sends, run
from tests.unified.reference_stats import (
    TODAY,
    Sms,
    expected_countries,
    expected_days,
    expected_stats,
    filter_rows,
    query_window,
    stored_sms,
)

STATS = "/api/v1/sms/stats"
DAILY, BY_COUNTRY = f"{STATS}/daily", f"{STATS}/by-country"
UNIFIED, EXPORT = "/api/v1/sms/messages/unified", "/api/v1/sms/messages/unified/export"
ERSAAL = "/api/sms/messages"
ROWS = 120


@pytest.fixture(scope="module", autouse=True)
def traffic(committed: None) -> dict[str, list[Sms]]:
    """Insert six weeks of traffic with gaps, of two similar accounts. Returns every SMS by account."""
    rng = random.Random(20260213)
    create_accounts()
    insert_messages(random_row(rng) for _ in range(ROWS))
    insert_sends(random_row(rng) for _ in range(ROWS))
    return {account: list(stored_sms(account)) for account in ("acme", "globex")}


def random_row(rng: random.Random) -> Row:
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
def frozen_today(monkeypatch: pytest.MonkeyPatch) -> None:
    """Freeze today at the day of the vendors' examples."""
    for module in (params, query_string):
        monkeypatch.setattr(module, "utc_today", lambda: TODAY)


def get_json(api_client: ApiClient, path: str, query: Mapping[str, str] | None = None) -> Any:
    response = api_client.get(path, query)
    assert response.status_code == 200, response.body
    return json.loads(response.body, parse_float=Decimal)


QUERIES: list[dict[str, str]] = [
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


@pytest.mark.parametrize("filters", QUERIES, ids=str)
@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_the_stats_equal_those_of_the_rows(
    owner: ApiClient, traffic: dict[str, list[Sms]], filters: dict[str, str], source: dict[str, str]
) -> None:
    query = filters | source
    rows = filter_rows(query, traffic["acme"])
    first, last = query_window(query)
    period = {"from": first and str(first), "to": str(last)}
    currency = {"currency": "EUR"}
    assert get_json(owner, STATS, query) == {"status": True, "stats": expected_stats(rows) | currency, "period": period}
    assert get_json(owner, DAILY, query) == {"status": True, "days": expected_days(rows, query), "period": period}
    assert get_json(owner, BY_COUNTRY, query) == {
        "status": True,
        "countries": expected_countries(rows),
        "period": period,
    }


def test_most_queries_match_rows(traffic: dict[str, list[Sms]]) -> None:
    counts = [len(filter_rows(filters | {"source": "all"}, traffic["acme"])) for filters in QUERIES]
    assert sum(number > 0 for number in counts) >= len(QUERIES) - 3


def test_another_account_has_its_own_stats(stranger: ApiClient, traffic: dict[str, list[Sms]]) -> None:
    query = {"period": "30d", "source": "all"}
    assert get_json(stranger, STATS, query)["stats"] == expected_stats(filter_rows(query, traffic["globex"])) | {
        "currency": "EUR"
    }


def insert_one_day(day: str, rows: Iterable[Row]) -> dict[str, str]:
    """Insert messages on one day, and return the parameters that select it."""
    insert_messages(replace(row, at=datetime.fromisoformat(f"{day}T12:00:00Z")) for row in rows)
    return {"from": day, "to": day}


def test_unknown_rejected_and_failed_count_as_undelivered(owner: ApiClient) -> None:
    query = insert_one_day("2020-01-01", [Row(status="UNKNOWN"), Row(status="REJECTD"), Row(status="failed"), Row()])
    stats = get_json(owner, STATS, query)["stats"]
    assert (stats["undelivered"], stats["failed"], stats["delivered"], stats["sent"]) == (3, 3, 1, 4)
    for status, number in {"unknown": 1, "undelivered": 2, "failed": 2}.items():
        narrowed = get_json(owner, STATS, query | {"status": status})["stats"]
        assert (narrowed["undelivered"], narrowed["failed"], narrowed["total_sent"]) == (number, number, number)


def test_rates_without_sms_are_zero(owner: ApiClient) -> None:
    query = {"from": "2020-01-01", "to": "2020-01-02"}
    stats = get_json(owner, STATS, query)["stats"]
    assert {value for name, value in stats.items() if name != "currency"} == {0}
    assert [day["date"] for day in get_json(owner, DAILY, query)["days"]] == ["2020-01-01", "2020-01-02"]
    assert get_json(owner, BY_COUNTRY, query)["countries"] == []


def test_halves_are_rounded_up(owner: ApiClient) -> None:
    """1 of 800 is 0.125 %; 0.125 by 800 is a little more, and 0.04 by 800 exactly half of 0.0001."""
    query = insert_one_day("2020-01-01", [Row(cost=Decimal("0.125")), *[Row(status="pending", cost=Decimal(0))] * 799])
    stats = get_json(owner, STATS, query)["stats"]
    assert (stats["delivery_rate"], stats["total_cost"]) == (Decimal("0.13"), Decimal("0.13"))
    run(f"UPDATE {MESSAGES} SET cost = 0.04 WHERE created_at < '2020-01-02' AND status = 'DELIVRD'")
    assert get_json(owner, STATS, query)["stats"]["avg_cost_per_msg"] == Decimal("0.0001")


def test_decimals_have_no_trailing_zeros(owner: ApiClient) -> None:
    query = insert_one_day("2020-01-01", [Row(cost=Decimal("0.5")), Row(cost=Decimal("0.5"), status="pending")])
    assert b'"sent_rate":100,"delivery_rate":50,"total_cost":1,"avg_cost_per_msg":0.5,' in owner.get(STATS, query).body


def test_a_country_whose_messages_were_deleted_is_not_listed(owner: ApiClient) -> None:
    query = insert_one_day("2020-01-01", [Row(country="FR"), Row(country="US")])
    run(f"DELETE FROM {MESSAGES} WHERE country = 'FR'")
    assert [country["country"] for country in get_json(owner, BY_COUNTRY, query)["countries"]] == ["US"]


def test_days_whose_messages_were_deleted_do_not_extend_the_window(owner: ApiClient) -> None:
    insert_one_day("2019-01-01", [Row()])
    insert_one_day("2020-01-01", [Row()])
    run(f"DELETE FROM {MESSAGES} WHERE created_at < '2019-12-31'")
    assert get_json(owner, DAILY, {"to": "2020-02-01"})["days"][0]["date"] == "2020-01-01"


def test_a_window_before_any_traffic_has_no_days(owner: ApiClient) -> None:
    body = get_json(owner, DAILY, {"to": "2001-01-01"})
    assert body == {"status": True, "days": [], "period": {"from": None, "to": "2001-01-01"}}


def test_countries_are_sorted_by_traffic_including_sms_without_a_country(owner: ApiClient) -> None:
    numbers = {"DE": 2, "AT": 2, None: 3, "US": 4, "FR": 1}
    query = insert_one_day(
        "2020-01-01", [Row(country=country) for country, times in numbers.items() for _ in range(times)]
    )
    totals = [
        (country["country"], country["total_sent"]) for country in get_json(owner, BY_COUNTRY, query)["countries"]
    ]
    assert totals == [("US", 4), (None, 3), ("AT", 2), ("DE", 2), ("FR", 1)]


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ({"from": "2016-02-07", "to": "2026-02-13"}, 3660),
        ({"from": "2016-02-06", "to": "2026-02-13"}, None),
        ({"from": "2016-02-06"}, None),
        ({"from": "0001-01-01", "to": "9999-12-31"}, None),
    ],
)
def test_a_window_of_too_many_days_is_refused(owner: ApiClient, query: dict[str, str], days: int | None) -> None:
    response = owner.get(DAILY, query)
    assert response.status_code == (200 if days else 400)
    if days:
        assert len(response.json()["days"]) == days
    else:
        assert response.json()["description"] == "from must not be more than 3660 days before to"
    assert owner.get(STATS, query).status_code == owner.get(BY_COUNTRY, query).status_code == 200


def test_an_open_window_with_too_many_days_of_traffic_is_refused(owner: ApiClient) -> None:
    """The length of an open window is that of its traffic."""
    insert_one_day("1969-07-20", [Row()])
    assert owner.get(DAILY, {"to": "2026-02-13"}).status_code == 400
    assert len(get_json(owner, DAILY, {"to": "1970-02-13"})["days"]) == 209


def test_the_default_source_of_stats_is_api(owner: ApiClient) -> None:
    for path in (STATS, DAILY, BY_COUNTRY):
        assert (
            owner.get(path).body == owner.get(path, {"source": "api"}).body != owner.get(path, {"source": "all"}).body
        )


def test_stats_ignore_paging_parameters(owner: ApiClient) -> None:
    for path in (STATS, DAILY, BY_COUNTRY):
        assert owner.get(path, {"page": "0", "limit": "x"}).body == owner.get(path).body


def test_list_export_and_stats_agree_for_the_same_filters(owner: ApiClient) -> None:
    rng = random.Random(20260213)
    for filters in (rng.choice(QUERIES[1:]) for _ in range(12)):
        query = filters | rng.choice(SOURCES[1:])
        rows_listed, rows_exported = list_all_pages(owner, query), fetch_export(owner, query)
        stats, days = get_json(owner, STATS, query)["stats"], get_json(owner, DAILY, query)["days"]
        countries = get_json(owner, BY_COUNTRY, query)["countries"]
        assert [row["id"] for row in rows_listed] == [row["id"] for row in rows_exported]
        for name in ("sent", "delivered", "undelivered", "pending", "expired", "click_count", "action_count"):
            assert stats[name] == sum(day[name] for day in days) == sum(country[name] for country in countries)
        assert stats["total_sent"] == len(rows_listed)
        assert stats["unique_click_count"] == sum(row["clicked"] for row in rows_listed)
        cost = sum((Decimal(row["cost"]) for row in rows_listed), Decimal(0))
        assert cost == sum((Decimal(row["cost"]) for row in rows_exported), Decimal(0))
        assert stats["total_cost"] == cost.quantize(Decimal("0.01"), ROUND_HALF_UP)


@pytest.mark.parametrize("source", ["api", "broadcasts", "all"])
@pytest.mark.parametrize("days", [ALL_DAYS, {"from": "2026-02-01", "to": "2026-02-12"}], ids=["ever", "days"])
def test_ersaals_summary_agrees_with_the_stats(owner: ApiClient, source: str, days: dict[str, str]) -> None:
    query = days | {"source": source}
    rows_listed = list_all_pages(owner, query)
    stats, summary = get_json(owner, STATS, query)["stats"], get_json(owner, ERSAAL, query)["summary"]
    assert summary == {
        "total_cost": sum((Decimal(row["cost"]) for row in rows_listed), Decimal(0)),
        "total_messages": len(rows_listed),
        "delivered": stats["delivered"],
        "failed": stats["undelivered"] + stats["expired"],
        "pending": stats["pending"],
    }


def list_all_pages(api_client: ApiClient, query: Mapping[str, str]) -> list[Any]:
    """Return the rows of all pages, and check the total of the last."""
    rows: list[Any] = []
    for page in count(1):
        body = get_json(api_client, UNIFIED, {**query, "page": str(page), "limit": "40"})
        rows += body["messages"]
        if not body["messages"]:
            assert body["total"] == len(rows)
            return rows
    raise AssertionError


def fetch_export(api_client: ApiClient, query: Mapping[str, str]) -> list[dict[str, str]]:
    response = api_client.get(EXPORT, query)
    rows = list(csv.DictReader(io.StringIO(response.body.decode("utf-8-sig"))))
    assert int(response["X-Export-Total"]) == len(rows)
    return rows
