"""The reference model itself, against the published examples and simple cases of the merge rule."""

import random
from datetime import date
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from tests.oracle import traffic
from tests.oracle.bodies import csv_cell, format_money
from tests.oracle.laravel import page_window
from tests.oracle.merge import count_segments
from tests.oracle.model import ReferenceModel

TODAY = date(2026, 2, 13)
MESSAGE: dict[str, Any] = {
    "type": "message",
    "account": "acme",
    "client_message_id": "api_42_1743667200123456789_a3f8b2c1d9e45f67",
    "request_id": "r-77",
    "message_id": "6946d0f5-040b-106e-42c7-49026f2b5bc1",
    "recipient": "+14155551234",
    "country": "US",
    "sender_id": "MyApp",
    "message": "Your verification code is 847291",
    "status": "DELIVRD",
    "status_code": "000",
    "segments": 1,
    "cost": "0.0085",
    "contact_group_id": None,
    "created_at": "2026-02-13T10:30:00Z",
    "sent_at": None,
    "delivered_at": "2026-02-13T10:30:04Z",
}
BROADCAST: dict[str, Any] = {
    "type": "broadcast",
    "account": "acme",
    "broadcast": "feb-promo",
    "name": "February Promo",
    "message": "50% off today!",
    "sender_id": "Promo",
    "contact_group_id": None,
    "created_at": "2026-02-13T09:00:00Z",
}
SEND: dict[str, Any] = {
    "type": "send",
    "account": "acme",
    "broadcast": "feb-promo",
    "message_id": "a1b2c3d4-e5f6-7890-abcd-ef1234567890",
    "recipient": "+447911123456",
    "country": "GB",
    "status": "DELIVRD",
    "status_code": "000",
    "cost": "0.042",
    "sent_at": "2026-02-13T09:00:00Z",
    "delivered_at": "2026-02-13T09:00:03Z",
    "clicked_at": "2026-02-13T09:05:12Z",
    "action_type": "registration",
    "action_at": "2026-02-13T10:00:00Z",
}


@pytest.fixture
def model() -> ReferenceModel:
    model = ReferenceModel([MESSAGE, BROADCAST, SEND], TODAY)
    model.learn_ids("acme", "api", {MESSAGE["client_message_id"]: 1847})
    model.learn_ids("acme", "campaign", {SEND["message_id"]: 3201})
    model.learn_broadcast_id("acme", SEND["message_id"], 42)
    return model


def test_the_message_list_is_that_of_the_published_example(model: ReferenceModel) -> None:
    assert model.list_messages("acme", {"status": "delivered", "limit": "10"}) == {
        "messages": [
            {
                "id": 1847,
                "client_message_id": "api_42_1743667200123456789_a3f8b2c1d9e45f67",
                "recipient": "+14155551234",
                "sender_id": "MyApp",
                "message": "Your verification code is 847291",
                "status": "DELIVRD",
                "status_code": "000",
                "segments": 1,
                "cost": Decimal("0.0085"),
                "created_at": "2026-02-13T10:30:00Z",
                "delivered_at": "2026-02-13T10:30:04Z",
            }
        ],
        "total": 1,
        "page": 1,
        "limit": 10,
        "total_pages": 1,
    }


def test_the_unified_item_is_that_of_the_published_example(model: ReferenceModel) -> None:
    assert model.list_unified("acme", {"source": "broadcasts"})["messages"] == [
        {
            "id": "3201",
            "source": "campaign",
            "recipient": "+447911123456",
            "sender_id": "Promo",
            "message": "50% off today!",
            "status": "DELIVRD",
            "status_code": "000",
            "cost": Decimal("0.042"),
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
    ]


def test_the_status_has_the_published_keys(model: ReferenceModel) -> None:
    message = model.get_status("acme", MESSAGE["client_message_id"])["message"]
    assert message["message_id"] == MESSAGE["client_message_id"]
    assert message["telecom_message_id"] == "6946d0f5-040b-106e-42c7-49026f2b5bc1"
    published = "message_id telecom_message_id recipient segments message sender_id status status_code cost"
    assert list(message) == [*published.split(), "created_at", "delivered_at"]


def test_an_ersaal_item_has_its_receivers(model: ReferenceModel) -> None:
    (item,) = model.list_ersaal("acme", {"source": "api"}, "http://host/api/sms/messages")["data"]["data"]
    assert item["send_type"] == "single"
    assert item["receiver"] == [
        {
            "number": "0014155551234",
            "sent_at": None,
            "delivered_at": "2026-02-13T10:30:04Z",
            "status": "delivered",
            "delivery_report": "000",
            "created_at": "2026-02-13T10:30:00Z",
            "updated_at": "2026-02-13T10:30:04Z",
        }
    ]


def test_an_ersaal_summary_counts_every_sms(model: ReferenceModel) -> None:
    assert model.summarize("acme", {}) == {
        "total_cost": Decimal("0.0505"),
        "total_messages": 2,
        "delivered": 2,
        "failed": 0,
        "pending": 0,
    }


def test_an_empty_ersaal_page_is_that_of_laravel() -> None:
    path = "http://host/api/sms/messages"
    answer = ReferenceModel([BROADCAST], TODAY).list_ersaal(
        "acme", {"page": "1", "from": "2026-02-13", "source": "api"}, path
    )
    url = f"{path}?from=2026-02-13&source=api&page=1"
    assert answer["data"] == {
        "current_page": 1,
        "data": [],
        "first_page_url": url,
        "from": None,
        "last_page": 1,
        "last_page_url": url,
        "links": [
            {"url": None, "label": "&laquo; Previous", "active": False},
            {"url": url, "label": "1", "active": True},
            {"url": None, "label": "Next &raquo;", "active": False},
        ],
        "next_page_url": None,
        "path": path,
        "per_page": 20,
        "prev_page_url": None,
        "to": None,
        "total": 0,
    }


@pytest.mark.parametrize(
    ("page", "last", "expected"),
    [
        (1, 13, "1 2 3 4 5 6 7 8 9 10 11 12 13"),
        (7, 14, "1 2 3 4 5 6 7 8 9 10 . 13 14"),
        (8, 14, "1 2 . 5 6 7 8 9 10 11 12 13 14"),
        (8, 15, "1 2 . 5 6 7 8 9 10 11 . 14 15"),
        (15, 30, "1 2 . 12 13 14 15 16 17 18 . 29 30"),
        (24, 30, "1 2 . 21 22 23 24 25 26 27 28 29 30"),
        (99, 30, "1 2 . 21 22 23 24 25 26 27 28 29 30"),
    ],
)
def test_the_page_links_are_those_of_laravel(page: int, last: int, expected: str) -> None:
    assert " ".join(str(number or ".") for number in page_window(page, last)) == expected


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("x" * 160, 1),
        ("x" * 161, 2),
        ("x" * 306, 2),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("я" * 71, 2),
        ("x" * 49 + "😀", 1),
        ("x" * 150 + "😀", 3),
    ],
)
def test_segments_are_those_of_the_vendors_examples(text: str, parts: int) -> None:
    assert count_segments(text) == parts


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("0.010000", "0.01"),
        ("100", "100"),
        ("0.000001", "0.000001"),
        ("0", "0"),
        ("10.0", "10"),
        ("0E-6", "0"),
    ],
)
def test_money_has_no_exponent_and_no_trailing_zeros(amount: str, expected: str) -> None:
    assert format_money(Decimal(amount)) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("=1", "'=1"), ("+1 for", "'+1 for"), ("+4930", "+4930"), ("\rx", "'\rx"), (None, ""), (True, "true")],
)
def test_a_formula_in_a_cell_is_disarmed(value: object, expected: str) -> None:
    assert csv_cell(value, guard=True) == expected


def test_a_delivery_wins_over_later_reports_in_any_order() -> None:
    pending = {**MESSAGE, "status": "pending", "status_code": "", "delivered_at": None}
    receipts = [_receipt("sent", 1), _receipt("UNDELIV", 2), _receipt("DELIVRD", 3), _receipt("EXPIRED", 4)]
    late = _receipt("ENROUTE", 5)
    for order in permutations([pending, *receipts, late]):
        model = ReferenceModel(order, TODAY)
        (item,) = model.list_ersaal("acme", {}, "")["data"]["data"]
        receiver = item["receiver"][0]
        assert (receiver["status"], receiver["delivered_at"]) == ("delivered", "2026-02-13T10:30:03Z")
        assert (receiver["sent_at"], receiver["updated_at"]) == ("2026-02-13T10:30:01Z", "2026-02-13T10:30:03Z")


def test_the_later_of_two_other_final_statuses_wins() -> None:
    pending = {**MESSAGE, "status": "pending", "delivered_at": None}
    model = ReferenceModel([pending, _receipt("EXPIRED", 9), _receipt("UNDELIV", 2)], TODAY)
    assert model.list_messages("acme", {})["messages"][0]["status"] == "EXPIRED"


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_the_file_changes_no_response(seed: int) -> None:
    records = traffic.generate_records(seed, TODAY, requests=60)
    one, other = ReferenceModel(records, TODAY), ReferenceModel(traffic.shuffle_records(records, seed), TODAY)
    for account in traffic.ACCOUNTS:
        _number(one, account)
        _number(other, account)
        assert one.export_rows(account, {"to": "9999-12-31"}) == other.export_rows(account, {"to": "9999-12-31"})
        assert one.summarize(account, {}) == other.summarize(account, {})


def _receipt(status: str, second: int) -> dict[str, Any]:
    about = {"type": "receipt", "account": "acme", "client_message_id": MESSAGE["client_message_id"]}
    return about | {"status": status, "status_code": "", "at": f"2026-02-13T10:30:0{second}Z"}


def _number(model: ReferenceModel, account: str) -> None:
    """Set ids that do not depend on the order of the file."""
    keys = sorted(model.accounts[account].rows)
    random.Random(0).shuffle(keys)
    for source in ("api", "campaign"):
        model.learn_ids(account, source, {key: number for number, (_, key) in enumerate(keys, start=1)})
