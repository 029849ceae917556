"""The joined lists: merged and never sorted, exact far down and among equal times, short however wide an item."""

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
from tests.conftest import DAY, EVER, Person, broadcast, load, message, send
from tests.plans import explained

UNIFIED = "/api/v1/sms/messages/unified"
# Rows of each source, so many that the database plans as it does for large tables.
ROWS = 3000
# What a page may read: not the rows above it.
NEAR = 600
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
    """Two accounts with many rows, six of each source at every moment."""
    load(broadcast(account=account) for account in ("acme", "globex"))
    with connection.cursor() as cursor:
        cursor.execute(MANY_MESSAGES)
        cursor.execute(MANY_SENDS)
        cursor.execute("VACUUM ANALYZE messages_app_message, broadcasts_app_broadcastsend, broadcasts_app_broadcast")


# What is asked for, and the same of one row, by its number and its moment.
NARROWED: dict[str, tuple[dict[str, str], Callable[[int, datetime], bool]]] = {
    "nothing": ({}, lambda n, at: True),
    "a day": ({"from": DAY, "to": DAY}, lambda n, at: at.date() == date.fromisoformat(DAY)),
    "what was delivered": ({"status": "delivered"}, lambda n, at: n % 3 != 0),
    "what is pending": ({"status": "pending"}, lambda n, at: n % 3 == 0),
    "a sender": ({"sender": "S3"}, lambda n, at: n % 7 == 3),
    "part of a number": ({"phone": "5555-1"}, lambda n, at: "55551" in f"1415555{n}"),
}
# What an index gives in the list's order. Of a number's part and of a rare sender, all that is found is sorted.
MERGED = ("nothing", "a day", "what was delivered", "what is pending")


def params(name: str) -> dict[str, str]:
    asked, _ = NARROWED[name]
    return asked if "from" in asked else EVER | asked


def whole(name: str) -> list[tuple[str, str]]:
    """(source, id) of every row that is asked for, sorted in Python by (time, source, id)."""
    _, wanted = NARROWED[name]
    found = [
        (at, source, row)
        for source, model, time in (("api", Message, "created_at"), ("campaign", BroadcastSend, "sent_at"))
        for row, number, at in model.everyones.filter(account__name="acme").values_list("id", KEYS[source], time)
        if wanted(int(number.removeprefix("n-")), at)
    ]
    return [(source, str(row)) for _, source, row in sorted(found, reverse=True)]


def shown(answer: Any) -> list[tuple[str, str]]:
    return [(row["source"], row["id"]) for row in answer.json()["messages"]]


@pytest.mark.parametrize("name", MERGED)
@pytest.mark.parametrize("page", ["1", "30"])
def test_a_page_is_merged_and_never_sorted(owner: Person, name: str, page: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        owner.get(UNIFIED, params(name) | {"page": page})
    merged = [sql for query in queries for sql in query["sql"].split("; ") if "UNION ALL" in sql]
    plan = [node for sql in merged for node in explained(sql)]
    assert "Sort" not in {node["Node Type"] for node in plan}
    assert "Seq Scan" not in {node["Node Type"] for node in plan if node.get("Relation Name") in TABLES}
    assert sum(node["Actual Rows"] * node["Actual Loops"] for node in plan if "Scan" in node["Node Type"]) < NEAR


@pytest.mark.parametrize("name", NARROWED)
def test_a_page_anywhere_is_a_part_of_the_whole(owner: Person, name: str) -> None:
    expected, rng = whole(name), random.Random(20260213)
    for size in (1, 25, 100):
        last = -(-len(expected) // size)
        for page in {1, 200 // size, 200 // size + 1, 201 // size + 1, last, last + 1, rng.randint(1, last)}:
            answer = owner.get(UNIFIED, params(name) | {"page": str(page), "limit": str(size)})
            assert shown(answer) == expected[(page - 1) * size : page * size], (page, size)
            assert answer.json()["total"] == len(expected)


@pytest.mark.parametrize("name", NARROWED)
def test_what_a_link_leads_to_is_beside_the_page(owner: Person, name: str) -> None:
    expected = whole(name)
    for page in (2, 9, len(expected) // 20 - 1):
        answer = owner.get(UNIFIED, params(name) | {"page": str(page), "limit": "20"})
        links = {link["rel"]: link["url"] for link in requests.utils.parse_header_links(answer["Link"])}
        for relation, beside in (("prev", page - 1), ("next", page + 1)):
            assert shown(owner.ask("GET", links[relation])) == expected[(beside - 1) * 20 : beside * 20]


def test_rows_of_one_moment_are_told_apart_by_source_and_id(owner: Person) -> None:
    at = "2020-01-01T00:00:00Z"
    load([broadcast(broadcast="tie", created_at=at)])
    for number in (1, 2):
        load([message(client_message_id=f"tie-{number}", message=f"api {number}", created_at=at)])
        load([send(broadcast="tie", message_id=f"tie-{number}", message=f"campaign {number}", sent_at=at)])
    rows = owner.get(UNIFIED, {"from": "2020-01-01", "to": "2020-01-01"}).json()["messages"]
    assert [row["message"] for row in rows] == ["campaign 2", "campaign 1", "api 2", "api 1"]


@pytest.mark.parametrize("kind", ["broadcast", "request"])
def test_an_item_with_many_receivers_shows_the_first_hundred_and_their_number(owner: Person, kind: str) -> None:
    load(wide(kind, 150))
    found = owner.get("/api/sms/messages", {"from": "2020-01-01", "to": "2020-01-01"}).json()
    [item] = found["data"]["data"]
    assert [receipt["number"] for receipt in item["receiver"]] == [f"004915550{n:03}" for n in range(100)]
    assert (item["receiver_total"], item["message_consumption"], item["send_type"]) == (150, 300, "multiple")
    assert item["updated_at"] == "2020-01-03T00:00:00Z"
    assert found["summary"] == {"total_cost": 1.5, "total_messages": 150, "delivered": 1, "failed": 0, "pending": 149}


def wide(kind: str, receivers: int) -> Iterator[str]:
    """An item with these receivers, of whom the last has the latest change."""
    at = "2020-01-01T00:00:00Z"
    yield broadcast(broadcast="wide", created_at=at) if kind == "broadcast" else ""
    for n in range(receivers):
        last = {"status": "DELIVRD", "delivered_at": "2020-01-03T00:00:00Z"} if n == receivers - 1 else {}
        common = {"recipient": f"+4915550{n:03}", "segments": 2, "cost": "0.01", **last}
        if kind == "broadcast":
            yield send(broadcast="wide", message_id=f"wide-{n}", sent_at=at, **common)
        else:
            yield message(client_message_id=f"wide-{n:03}", request_id="wide", created_at=at, **common)


def test_a_broadcast_without_sends_is_an_item_without_receivers(owner: Person) -> None:
    load([broadcast(broadcast="empty", created_at="2020-01-01T00:00:00Z")])
    found = owner.get("/api/sms/messages", {"to": "2020-01-01"}).json()
    [item] = found["data"]["data"]
    assert (item["receiver"], item["receiver_total"], item["message_consumption"]) == ([], 0, 0)
    assert (item["created_at"], item["updated_at"]) == ("2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z")
    assert found["summary"]["total_messages"] == 0


def test_the_whole_list_counts_what_its_pages_hold(owner: Person) -> None:
    body = owner.get(UNIFIED, EVER | {"limit": "100", "page": "60"}).json()
    assert (body["total"], body["total_pages"], len(body["messages"])) == (2 * ROWS, 60, 100)
