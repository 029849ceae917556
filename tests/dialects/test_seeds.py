"""Examples from both vendors' documentation, reproduced from rows loaded by the import command."""

import json
from typing import Any

import pytest
from django.db import connection

from tests.conftest import DAY, ApiClient, broadcast_line, load_lines, message_line, send_line

A_DAY = {"from": DAY, "to": DAY}
CODE = "api_42_1743667200123456789_a3f8b2c1d9e45f67"
MESSAGE: dict[str, Any] = {
    "id": 1847,
    "client_message_id": CODE,
    "recipient": "+14155551234",
    "sender_id": "MyApp",
    "message": "Your verification code is 847291",
    "status": "DELIVRD",
    "status_code": "000",
    "segments": 1,
    "cost": 0.0085,
    "created_at": "2026-02-13T10:30:00Z",
    "delivered_at": "2026-02-13T10:30:04Z",
}
CAMPAIGN: dict[str, Any] = {
    "id": "3201",
    "source": "campaign",
    "recipient": "+447911123456",
    "sender_id": "Promo",
    "message": "50% off today!",
    "status": "DELIVRD",
    "status_code": "000",
    "cost": 0.042,
    "sent_at": "2026-02-13T09:00:00Z",
    "delivered_at": "2026-02-13T09:00:03Z",
    "clicked": True,
    "clicked_at": "2026-02-13T09:05:12Z",
    "action_type": "registration",
    "action_at": "2026-02-13T10:00:00Z",
    "message_id": "a1b2c3d4-e5f6-7890-abcd-ef1234567890",
    "client_message_id": None,
    "segments": 1,
    "broadcast_id": 42,
    "broadcast_name": "February Promo",
}
STATUS: dict[str, Any] = {
    "status": True,
    "message": {
        "message_id": CODE,
        "telecom_message_id": "6946d0f5-040b-106e-42c7-49026f2b5bc1",
        "recipient": "+14155551234",
        "segments": 1,
        "message": "Your verification code is 847291",
        "sender_id": "MyApp",
        "status": "DELIVRD",
        "status_code": "000",
        "cost": 0.0085,
        "created_at": "2026-02-13T10:30:00Z",
        "delivered_at": "2026-02-13T10:30:04Z",
    },
}
ITEM: dict[str, Any] = {
    "short_message": "Your appointment is confirmed for Tuesday at 4:30 PM.",
    "message_type": "sms",
    "send_type": "single",
    "contact_group_id": None,
    "message_consumption": 1,
    "created_at": "2024-01-15T10:30:00Z",
    # The vendor's example repeats `created_at` here. Ours is the latest change of the item or of a receipt.
    "updated_at": "2024-01-15T10:30:15Z",
    "receiver": [
        {
            "number": "00218912345678",
            "sent_at": "2024-01-15T10:30:02Z",
            "delivered_at": "2024-01-15T10:30:15Z",
            "status": "delivered",
            "delivery_report": None,
            "created_at": "2024-01-15T10:30:00Z",
            "updated_at": "2024-01-15T10:30:15Z",
        }
    ],
    # Our extension: an item may have more receivers than it lists.
    "receiver_total": 1,
}


@pytest.fixture
def telecom(owner: ApiClient) -> ApiClient:
    """Load the rows of 23 Telecom's examples, with the same ids."""
    for table, number in (("messages_app_message", 1847), ("broadcasts_app_broadcastsend", 3201)):
        restart_ids(table, number)
    restart_ids("broadcasts_app_broadcast", 42)
    delivery = {"status": "DELIVRD", "status_code": "000"}
    text, carrier = MESSAGE["message"], "6946d0f5-040b-106e-42c7-49026f2b5bc1"
    times = {name: MESSAGE[name] for name in ("created_at", "delivered_at")}
    load_lines(
        [message_line(client_message_id=CODE, message=text, message_id=carrier, cost="0.0085", **times, **delivery)]
    )
    fields = ("message_id", "sent_at", "delivered_at", "clicked_at", "action_type", "action_at")
    load_lines(
        [
            broadcast_line(name="February Promo", created_at="2026-02-13T08:00:00Z"),
            send_line(cost="0.042", **{name: CAMPAIGN[name] for name in fields}, **delivery),
        ]
    )
    return owner


@pytest.fixture
def ersaal(owner: ApiClient) -> ApiClient:
    """Load the rows of Ersaal's example."""
    receipt = ITEM["receiver"][0]
    times = {name: receipt[name] for name in ("created_at", "sent_at", "delivered_at")}
    text = ITEM["short_message"]
    load_lines([message_line(recipient="+218912345678", message=text, status="DELIVRD", cost="0.042", **times)])
    return owner


def test_a_listed_message_equals_23_telecoms_example(telecom: ApiClient) -> None:
    response = telecom.get("/api/v1/sms/messages", A_DAY | {"status": "delivered", "limit": "10"})
    page = {"total": 1, "page": 1, "limit": 10, "total_pages": 1}
    assert_same(response, {"messages": [MESSAGE], **page})


def test_only_phone_numbers_are_rendered_with_00(owner: ApiClient) -> None:
    numbers = ("+14155551234", "22122", "Acme", "+12345")
    load_lines(message_line(client_message_id=f"m-{n}", recipient=number) for n, number in enumerate(numbers))
    items = owner.get("/api/sms/messages").json()["data"]["data"]
    assert {item["receiver"][0]["number"] for item in items} == {"0014155551234", "22122", "Acme", "+12345"}


def test_a_listed_send_equals_23_telecoms_example(telecom: ApiClient) -> None:
    response = telecom.get("/api/v1/sms/messages/unified", A_DAY | {"source": "broadcasts", "limit": "20"})
    page = {"total": 1, "page": 1, "limit": 20, "total_pages": 1}
    assert_same(response, {"messages": [CAMPAIGN], **page})


def test_a_message_in_the_unified_list_has_null_in_the_campaigns_columns(telecom: ApiClient) -> None:
    row = telecom.get("/api/v1/sms/messages/unified", A_DAY | {"source": "api"}).json()["messages"][0]
    assert list(row) == list(CAMPAIGN)
    assert (row["id"], row["source"], row["clicked"]) == ("1847", "api", False)
    assert row["sent_at"] == MESSAGE["created_at"]
    campaigns = ("clicked_at", "action_type", "action_at", "broadcast_id", "broadcast_name")
    assert [row[name] for name in campaigns] == [None] * 5


def test_the_status_of_a_message_equals_23_telecoms_example(telecom: ApiClient) -> None:
    """The key that the example lacks (our `timeline`) comes last."""
    body = telecom.get(f"/api/v1/sms/status/{CODE}").json()
    body["message"].pop("timeline", None)
    body.pop("timeline", None)
    assert in_order(body) == in_order(STATUS)


def test_costs_have_the_examples_digits(telecom: ApiClient) -> None:
    body = telecom.get("/api/v1/sms/messages/unified", A_DAY).content
    assert b'"cost":0.0085,' in body
    assert b'"cost":0.042,' in body


def test_an_id_is_a_number_in_the_plain_list_and_text_in_the_unified_one(telecom: ApiClient) -> None:
    assert b'"id":1847,' in telecom.get("/api/v1/sms/messages", A_DAY).content
    assert b'"id":"3201",' in telecom.get("/api/v1/sms/messages/unified", A_DAY).content


def test_a_listed_item_equals_ersaals_example(ersaal: ApiClient) -> None:
    body = ersaal.get("/api/sms/messages", {"from": "2024-01-01", "to": "2024-01-31"}).json()
    assert in_order(body["data"]["data"]) == in_order([ITEM])
    assert in_order(body["summary"]) == in_order(
        {"total_cost": 0.042, "total_messages": 1, "delivered": 1, "failed": 0, "pending": 0}
    )


def test_the_paginator_has_ersaals_keys_in_laravels_order(ersaal: ApiClient) -> None:
    body = ersaal.get("/api/sms/messages").json()
    assert list(body) == ["data", "summary"]
    assert " ".join(body["data"]) == (
        "current_page data first_page_url from last_page last_page_url links next_page_url"
        " path per_page prev_page_url to total"
    )


def test_a_single_item_is_an_array_without_the_items_own_times(ersaal: ApiClient) -> None:
    body = ersaal.get("/api/sms/messages/m-1").json()
    assert in_order(body) == in_order([{k: v for k, v in ITEM.items() if k not in ("created_at", "updated_at")}])


def assert_same(response: Any, expected: Any) -> None:
    assert in_order(response.json()) == in_order(expected)


def in_order(value: Any) -> str:
    """Return JSON text, so that comparisons include the order of keys and the type of every value."""
    return json.dumps(value, indent=1)


def restart_ids(table: str, number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} ALTER id RESTART WITH {number}")
