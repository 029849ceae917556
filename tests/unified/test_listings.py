"""Unified lists: merged without sorting, exact on deep pages and for equal times, with bounded receivers."""

import random
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any

import pytest
import requests
from django.db import connection
from django.test.utils import CaptureQueriesContext

from broadcasts_app.models import BroadcastSend
from messages_app.models import Message
from tests.conftest import ALL_DAYS, DAY, ApiClient, broadcast_line, load_lines, message_line, send_line
from tests.query_plans import explain_nodes

UNIFIED = "/api/v1/sms/messages/unified"
# Rows of each source, enough for the database to plan as for large tables.
ROWS = 3000
# Maximum number of rows that a page may read: it must skip the rows above it.
MAX_ROWS_READ = 600
TABLES = {"messages_app_message", "broadcasts_app_broadcastsend"}
KEYS = {"api": "client_message_id", "campaign": "message_id"}

MANY_MESSAGES = f"""
    INSERT INTO messages_app_message (account_id, client_message_id, request_key, heads_request, recipient, sender_id,
        text, status, status_code, segments, cost, created_at, status_at)
    SELECT a.id, 'n-' || n, 'n-' || n, true, '+1415555' || n, 'S' || n % 7, 'x',
        CASE WHEN n % 3 = 0 THEN 'pending' ELSE 'DELIVRD' END, '', 1, 0.01, at, at
    FROM accounts_account a, generate_series(1, {ROWS}) n, LATERAL (
        SELECT '{DAY}T12:00:00Z'::timestamptz - n % 500 * interval '10 minutes' AS at) t
"""
MANY_SENDS = f"""
    INSERT INTO broadcasts_app_broadcastsend (account_id, broadcast_id, message_id, recipient, sender_id,
        text, status, status_code, segments, cost, sent_at, status_at, click_count, action_count)
    SELECT b.account_id, b.id, 'n-' || n, '+1415555' || n, 'S' || n % 7, 'x',
        CASE WHEN n % 3 = 0 THEN 'pending' ELSE 'DELIVRD' END, '', 1, 0.01, at, at, 0, 0
    FROM broadcasts_app_broadcast b, generate_series(1, {ROWS}) n, LATERAL (
        SELECT '{DAY}T12:00:00Z'::timestamptz - n % 500 * interval '10 minutes' AS at) t
"""


@pytest.fixture(scope="module", autouse=True)
def traffic(committed: None) -> None:
    """Load two accounts with many rows, six of each source at every time."""
    load_lines(broadcast_line(account=account) for account in ("acme", "globex"))
    with connection.cursor() as cursor:
        cursor.execute(MANY_MESSAGES)
        cursor.execute(MANY_SENDS)
        cursor.execute("VACUUM ANALYZE messages_app_message, broadcasts_app_broadcastsend, broadcasts_app_broadcast")


# By name: query parameters, and the same filter of one row by its number and its time.
FILTERS: dict[str, tuple[dict[str, str], Callable[[int, datetime], bool]]] = {
    "nothing": ({}, lambda n, at: True),
    "a day": ({"from": DAY, "to": DAY}, lambda n, at: at.date() == date.fromisoformat(DAY)),
    "what was delivered": ({"status": "delivered"}, lambda n, at: n % 3 != 0),
    "what is pending": ({"status": "pending"}, lambda n, at: n % 3 == 0),
    "a sender": ({"sender": "S3"}, lambda n, at: n % 7 == 3),
    "part of a number": ({"phone": "5555-1"}, lambda n, at: "55551" in f"1415555{n}"),
}
# Filters whose rows an index returns in the list's order. Rows of a rare sender or a part of a number are sorted.
MERGED_FILTERS = ("nothing", "a day", "what was delivered", "what is pending")


def build_params(name: str) -> dict[str, str]:
    params, _ = FILTERS[name]
    return params if "from" in params else ALL_DAYS | params


def expected_rows(name: str) -> list[tuple[str, str]]:
    """Return (source, id) of every matching row, sorted in Python by (time, source, id)."""
    _, matches = FILTERS[name]
    rows = [
        (at, source, row)
        for source, model, time in (("api", Message, "created_at"), ("campaign", BroadcastSend, "sent_at"))
        for row, number, at in model.unscoped.filter(account__name="acme").values_list("id", KEYS[source], time)
        if matches(int(number.removeprefix("n-")), at)
    ]
    return [(source, str(row)) for _, source, row in sorted(rows, reverse=True)]


def listed_rows(response: Any) -> list[tuple[str, str]]:
    return [(row["source"], row["id"]) for row in response.json()["messages"]]


@pytest.mark.parametrize("name", MERGED_FILTERS)
@pytest.mark.parametrize("page", ["1", "30"])
def test_a_page_is_merged_and_never_sorted(owner: ApiClient, name: str, page: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        owner.get(UNIFIED, build_params(name) | {"page": page})
    merged = [sql for query in queries for sql in query["sql"].split("; ") if "UNION ALL" in sql]
    plan = [node for sql in merged for node in explain_nodes(sql)]
    assert "Sort" not in {node["Node Type"] for node in plan}
    assert "Seq Scan" not in {node["Node Type"] for node in plan if node.get("Relation Name") in TABLES}
    assert (
        sum(node["Actual Rows"] * node["Actual Loops"] for node in plan if "Scan" in node["Node Type"]) < MAX_ROWS_READ
    )


@pytest.mark.parametrize("name", FILTERS)
def test_every_page_is_a_slice_of_the_whole_list(owner: ApiClient, name: str) -> None:
    expected, rng = expected_rows(name), random.Random(20260213)
    for size in (1, 25, 100):
        last = -(-len(expected) // size)
        for page in {1, 200 // size, 200 // size + 1, 201 // size + 1, last, last + 1, rng.randint(1, last)}:
            response = owner.get(UNIFIED, build_params(name) | {"page": str(page), "limit": str(size)})
            assert listed_rows(response) == expected[(page - 1) * size : page * size], (page, size)
            assert response.json()["total"] == len(expected)


@pytest.mark.parametrize("name", FILTERS)
def test_links_lead_to_the_neighbouring_pages(owner: ApiClient, name: str) -> None:
    expected = expected_rows(name)
    for page in (2, 9, len(expected) // 20 - 1):
        response = owner.get(UNIFIED, build_params(name) | {"page": str(page), "limit": "20"})
        links = {link["rel"]: link["url"] for link in requests.utils.parse_header_links(response["Link"])}
        for relation, neighbour in (("prev", page - 1), ("next", page + 1)):
            assert listed_rows(owner.request("GET", links[relation])) == expected[(neighbour - 1) * 20 : neighbour * 20]


def test_rows_of_the_same_time_are_ordered_by_source_and_id(owner: ApiClient) -> None:
    at = "2020-01-01T00:00:00Z"
    load_lines([broadcast_line(broadcast="tie", created_at=at)])
    for number in (1, 2):
        load_lines([message_line(client_message_id=f"tie-{number}", message=f"api {number}", created_at=at)])
        load_lines([send_line(broadcast="tie", message_id=f"tie-{number}", message=f"campaign {number}", sent_at=at)])
    rows = owner.get(UNIFIED, {"from": "2020-01-01", "to": "2020-01-01"}).json()["messages"]
    assert [row["message"] for row in rows] == ["campaign 2", "campaign 1", "api 2", "api 1"]


@pytest.mark.parametrize("kind", ["broadcast", "request"])
def test_an_item_with_many_receivers_shows_the_first_hundred_and_their_number(owner: ApiClient, kind: str) -> None:
    load_lines(wide_item(kind, 150))
    body = owner.get("/api/sms/messages", {"from": "2020-01-01", "to": "2020-01-01"}).json()
    [item] = body["data"]["data"]
    assert [receipt["number"] for receipt in item["receiver"]] == [f"004915550{n:03}" for n in range(100)]
    assert (item["receiver_total"], item["message_consumption"], item["send_type"]) == (150, 300, "multiple")
    assert item["updated_at"] == "2020-01-03T00:00:00Z"
    assert body["summary"] == {"total_cost": 1.5, "total_messages": 150, "delivered": 1, "failed": 0, "pending": 149}


def wide_item(kind: str, receivers: int) -> Iterator[str]:
    """Yield the lines of an item with many receivers, of whom the last has the latest change."""
    at = "2020-01-01T00:00:00Z"
    yield broadcast_line(broadcast="wide", created_at=at) if kind == "broadcast" else ""
    for n in range(receivers):
        last = {"status": "DELIVRD", "delivered_at": "2020-01-03T00:00:00Z"} if n == receivers - 1 else {}
        common = {"recipient": f"+4915550{n:03}", "segments": 2, "cost": "0.01", **last}
        if kind == "broadcast":
            yield send_line(broadcast="wide", message_id=f"wide-{n}", sent_at=at, **common)
        else:
            yield message_line(client_message_id=f"wide-{n:03}", request_id="wide", created_at=at, **common)


def test_a_broadcast_without_sends_is_an_item_without_receivers(owner: ApiClient) -> None:
    load_lines([broadcast_line(broadcast="empty", created_at="2020-01-01T00:00:00Z")])
    body = owner.get("/api/sms/messages", {"to": "2020-01-01"}).json()
    [item] = body["data"]["data"]
    assert (item["receiver"], item["receiver_total"], item["message_consumption"]) == ([], 0, 0)
    assert (item["created_at"], item["updated_at"]) == ("2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z")
    assert body["summary"]["total_messages"] == 0


def test_the_total_equals_the_rows_of_all_pages(owner: ApiClient) -> None:
    body = owner.get(UNIFIED, ALL_DAYS | {"limit": "100", "page": "60"}).json()
    assert (body["total"], body["total_pages"], len(body["messages"])) == (2 * ROWS, 60, 100)
