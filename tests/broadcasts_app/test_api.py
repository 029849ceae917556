"""Broadcasts with their counters, and the SMS of one broadcast, by the API."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from broadcasts_app.models import Broadcast, BroadcastSend
from tests.conftest import ApiClient, broadcast_line, load_lines, send_line

BROADCASTS = "/api/v1/sms/broadcasts"
STATUSES = ("DELIVRD", "DELIVRD", "UNDELIV", "pending", "EXPIRED")
SENDERS = ("Promo", "Shop")
COUNT = 23


@pytest.fixture(scope="module", autouse=True)
def traffic(committed: None) -> None:
    load_lines(build_lines())


def build_lines() -> Iterator[str]:
    """Yield a large broadcast of last year, a small one, one without sends, and a broadcast of another account."""
    yield broadcast_line(broadcast="large", name="Large", created_at="2025-03-01T00:00:00Z")
    for number in range(COUNT):
        status = STATUSES[number % len(STATUSES)]
        yield send_line(
            broadcast="large",
            message_id=f"s-{number}",
            message=f"text {number}",
            sender_id=SENDERS[number % 2],
            status=status,
            cost="0.25",
            sent_at=f"2025-03-01T10:{number // 2:02}:00Z",
            clicked_at="2025-03-01T12:00:00Z" if status == "DELIVRD" else None,
        )
    yield broadcast_line(broadcast="small", created_at="2026-02-13T00:00:00Z")
    yield send_line(broadcast="small", message_id="s-small", sent_at="2026-02-13T00:00:01Z")
    yield broadcast_line(broadcast="empty", created_at="2026-02-12T00:00:00Z")
    yield broadcast_line(account="globex", broadcast="large", created_at="2025-03-01T00:00:00Z")
    yield send_line(account="globex", broadcast="large", message_id="s-0", sent_at="2025-03-01T00:00:01Z")


def sends_path(key: str, account: str = "acme") -> str:
    return f"{BROADCASTS}/{Broadcast.unscoped.get(account__name=account, key=key).pk}/sends"


def read_messages(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.body
    rows: list[dict[str, Any]] = answer.json()["messages"]
    return rows


def test_it_lists_broadcasts_with_the_counters_of_all_their_days(db: None, owner: ApiClient) -> None:
    body = owner.get(BROADCASTS, {"to": "9999-12-31"}).json()
    assert [row["broadcast"] for row in body["broadcasts"]] == ["small", "empty", "large"]
    assert (body["total"], body["page"], body["limit"], body["total_pages"]) == (3, 1, 25, 1)
    large, empty = body["broadcasts"][2], body["broadcasts"][1]
    statuses = [STATUSES[number % len(STATUSES)] for number in range(COUNT)]
    assert large["name"] == "Large"
    assert (large["total_sent"], large["delivered"]) == (COUNT, statuses.count("DELIVRD"))
    assert (large["undelivered"], large["pending"], large["expired"]) == (5, 4, 4)
    assert (large["total_cost"], large["unique_click_count"]) == (5.75, 10)
    assert (empty["total_sent"], empty["total_cost"], empty["delivery_rate"]) == (0, 0, 0)


def test_the_id_of_a_broadcast_leads_to_its_sends(db: None, owner: ApiClient) -> None:
    for row in owner.get(BROADCASTS, {"to": "9999-12-31"}).json()["broadcasts"]:
        answer = owner.get(f"{BROADCASTS}/{row['id']}/sends", {"limit": "100"})
        rows = read_messages(answer)
        assert len(rows) == answer.json()["total"] == row["total_sent"]
        assert {each["broadcast_id"] for each in rows} <= {row["id"]}
        assert [each["cost"] for each in rows] == [0.25] * len(rows) or row["broadcast"] == "small"


def test_the_period_filters_broadcasts_by_their_creation(db: None, owner: ApiClient) -> None:
    body = owner.get(BROADCASTS, {"from": "2026-02-13", "to": "2026-02-13"}).json()
    assert ([row["broadcast"] for row in body["broadcasts"]], body["total"]) == (["small"], 1)


def test_sends_have_no_default_period(db: None, owner: ApiClient) -> None:
    assert owner.get(sends_path("large")).json()["total"] == COUNT
    assert owner.get(sends_path("large"), {"period": "7d"}).json()["total"] == 0
    assert owner.get(sends_path("large"), {"from": "2025-03-01", "to": "2025-03-01"}).json()["total"] == COUNT


def test_sends_are_the_rows_of_the_unified_list(db: None, owner: ApiClient) -> None:
    unified = owner.get("/api/v1/sms/messages/unified", {"to": "9999-12-31", "limit": "100", "source": "broadcasts"})
    sends = read_messages(owner.get(sends_path("large"), {"limit": "100"}))
    assert sends == [row for row in read_messages(unified) if row["broadcast_name"] == "Large"]


@pytest.mark.parametrize("size", ["1", "4", "100"])
def test_links_and_numbers_reach_every_send_once(db: None, owner: ApiClient, size: str) -> None:
    path = sends_path("large")
    by_link, answer = [], owner.get(path, {"limit": size})
    while True:
        by_link += read_messages(answer)
        links = {link["rel"]: link["url"] for link in requests.utils.parse_header_links(answer["Link"])}
        if "next" not in links:
            break
        assert urlsplit(links["next"]).path == path
        answer = owner.request("GET", links["next"])
    by_number: list[dict[str, Any]] = []
    while page := read_messages(owner.get(path, {"limit": size, "page": str(len(by_number) // int(size) + 1)})):
        by_number += page
        if len(page) < int(size):
            break
    expected = BroadcastSend.unscoped.filter(account__name="acme", broadcast__key="large").order_by("-sent_at", "-id")
    assert [row["id"] for row in by_link] == [row["id"] for row in by_number] == [str(row.pk) for row in expected]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"status": "delivered"}, 10),
        ({"status": "undelivered"}, 5),
        ({"sender": "Shop"}, 11),
        ({"sender": "Shop", "status": "delivered"}, 5),
        ({"phone": "+0"}, 0),
        ({"country": "FR"}, 0),
    ],
)
def test_sends_can_be_filtered(db: None, owner: ApiClient, params: dict[str, str], expected: int) -> None:
    answer = owner.get(sends_path("large"), params | {"limit": "100"})
    assert (len(read_messages(answer)), answer.json()["total"]) == (expected, expected)


@pytest.mark.parametrize("key", ["0", "987654321", str(2**63), "9" * 30])
def test_sends_of_an_unknown_broadcast_are_not_found(db: None, owner: ApiClient, key: str) -> None:
    answer = owner.get(f"{BROADCASTS}/{key}/sends")
    assert (answer.status_code, answer.json()["error_code"]) == (404, "NOT_FOUND")


def test_sends_of_another_account_are_not_found(db: None, owner: ApiClient, stranger: ApiClient) -> None:
    path = sends_path("large", "globex")
    assert stranger.get(path).status_code == 200
    foreign, unknown = owner.get(path), owner.get(f"{BROADCASTS}/987654321/sends")
    assert (foreign.status_code, foreign.body) == (404, unknown.body)


def test_a_cursor_of_one_broadcast_keeps_to_the_broadcast_of_the_address(db: None, owner: ApiClient) -> None:
    links = requests.utils.parse_header_links(owner.get(sends_path("large"), {"limit": "4"})["Link"])
    cursor = next(link["url"] for link in links if link["rel"] == "next").split("cursor=")[1]
    answer = owner.request("GET", f"{sends_path('small')}?cursor={cursor}")
    assert (read_messages(answer), answer.json()["total"]) == ([], 1)


@pytest.mark.parametrize("params", [{"status": "x"}, {"page": "0"}, {"period": "7d", "from": "2026-01-01"}])
def test_an_invalid_parameter_is_refused_by_name(db: None, owner: ApiClient, params: dict[str, str]) -> None:
    answer = owner.get(sends_path("large"), params)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMS")
    assert next(iter(params)) in answer.json()["description"]
