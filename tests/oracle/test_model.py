"""The oracle's own checks: the model repeats the published examples and the plain cases of the merge rule."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from . import traffic
from .model import FINAL_STATUSES, Model, cell, plain, segments, window
from .queries import Questions

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
def model() -> Model:
    found = Model([MESSAGE, BROADCAST, SEND], TODAY)
    found.learn_ids("acme", "api", {MESSAGE["client_message_id"]: 1847})
    found.learn_ids("acme", "campaign", {SEND["message_id"]: 3201})
    found.learn_broadcast_id("acme", SEND["message_id"], 42)
    return found


def test_it_repeats_the_message_list_of_the_seed(model: Model) -> None:
    assert model.messages("acme", {"status": "delivered", "limit": "10"}) == {
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


def test_it_repeats_the_unified_item_of_the_seed(model: Model) -> None:
    assert model.unified("acme", {"source": "broadcasts"})["messages"] == [
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


def test_it_repeats_the_published_status_answer(model: Model) -> None:
    message = model.status("acme", MESSAGE["client_message_id"])["message"]
    assert message["message_id"] == MESSAGE["client_message_id"]
    assert message["telecom_message_id"] == "6946d0f5-040b-106e-42c7-49026f2b5bc1"
    published = "message_id telecom_message_id recipient segments message sender_id status status_code cost"
    assert list(message) == [*published.split(), "created_at", "delivered_at"]


def test_an_ersaal_item_holds_its_receipts(model: Model) -> None:
    (item,) = model.ersaal("acme", {"source": "api"}, "http://host/api/sms/messages")["data"]["data"]
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


def test_an_ersaal_summary_counts_single_messages(model: Model) -> None:
    assert model.summary("acme", {}) == {
        "total_cost": Decimal("0.0505"),
        "total_messages": 2,
        "delivered": 2,
        "failed": 0,
        "pending": 0,
    }


def test_an_empty_ersaal_page_is_laravels() -> None:
    path = "http://host/api/sms/messages"
    answer = Model([BROADCAST], TODAY).ersaal("acme", {"page": "1", "from": "2026-02-13", "source": "api"}, path)
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
    ("page", "last", "shown"),
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
def test_the_window_of_pages_is_laravels(page: int, last: int, shown: str) -> None:
    assert " ".join(str(number or ".") for number in window(page, last)) == shown


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
def test_it_counts_segments_as_the_vendors_examples_do(text: str, parts: int) -> None:
    assert segments(text) == parts


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("0.010000", "0.01"),
        ("100", "100"),
        ("0.000001", "0.000001"),
        ("0", "0"),
        ("10.0", "10"),
        ("0E-6", "0"),
    ],
)
def test_money_is_plain(amount: str, shown: str) -> None:
    assert plain(Decimal(amount)) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [("=1", "'=1"), ("+1 for", "'+1 for"), ("+4930", "+4930"), ("\rx", "'\rx"), (None, ""), (True, "true")],
)
def test_a_cell_that_a_spreadsheet_would_run_is_disarmed(value: object, shown: str) -> None:
    assert cell(value, guard=True) == shown


def test_a_delivery_wins_whatever_came_later_and_in_whatever_order() -> None:
    pending = {**MESSAGE, "status": "pending", "status_code": "", "delivered_at": None}
    receipts = [_receipt("sent", 1), _receipt("UNDELIV", 2), _receipt("DELIVRD", 3), _receipt("EXPIRED", 4)]
    late = _receipt("ENROUTE", 5)
    for order in permutations([pending, *receipts, late]):
        model = Model(order, TODAY)
        (item,) = model.ersaal("acme", {}, "")["data"]["data"]
        shown = item["receiver"][0]
        assert (shown["status"], shown["delivered_at"]) == ("delivered", "2026-02-13T10:30:03Z")
        assert (shown["sent_at"], shown["updated_at"]) == ("2026-02-13T10:30:01Z", "2026-02-13T10:30:03Z")


def test_of_two_other_final_statuses_the_later_wins() -> None:
    pending = {**MESSAGE, "status": "pending", "delivered_at": None}
    model = Model([pending, _receipt("EXPIRED", 9), _receipt("UNDELIV", 2)], TODAY)
    assert model.messages("acme", {})["messages"][0]["status"] == "EXPIRED"


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_the_file_changes_no_answer(seed: int) -> None:
    records = traffic.generate(seed, TODAY, requests=60)
    one, other = Model(records, TODAY), Model(traffic.shuffled(records, seed), TODAY)
    for account in traffic.ACCOUNTS:
        _number(one, account)
        _number(other, account)
        assert one.export(account, {"to": "9999-12-31"}) == other.export(account, {"to": "9999-12-31"})
        assert one.summary(account, {}) == other.summary(account, {})


def test_the_traffic_has_rows_inside_and_outside_of_every_period() -> None:
    today = datetime.now(UTC).date()
    model = Model(traffic.generate(1, today), today)
    for account in traffic.ACCOUNTS:
        everything = len(model.rows(account, {"to": "9999-12-31"}))
        for period in ("today", "yesterday", "7d", "30d", "this_month", "last_month"):
            assert 0 < len(model.rows(account, {"period": period})) < everything


def test_equal_times_meet_across_sources_and_accounts() -> None:
    model = Model(traffic.generate(1, TODAY), TODAY)
    times = [
        {row.created_at for row in model.accounts[account].rows.values() if row.source == source}
        for account in traffic.ACCOUNTS
        for source in ("api", "campaign")
    ]
    assert len(set.intersection(*times)) > 10


def test_no_two_reports_of_a_row_disagree_without_a_winner() -> None:
    for row in _rows(Model(traffic.generate(7, TODAY), TODAY)):
        best = row.winner
        equal = [report for report in row.reports if report.rank == best.rank]
        assert {(report.status, report.code) for report in equal} == {(best.status, best.code)}
        assert {report.delivered_at for report in equal} == {best.delivered_at}
        others = [report for report in row.reports if report.status in FINAL_STATUSES and report.at == best.at]
        assert best.status in ("DELIVRD", *traffic.NON_FINAL) or {report.status for report in others} == {best.status}


def test_the_generator_repeats_itself_and_the_questions_too() -> None:
    first, second = (traffic.generate(3, TODAY) for _ in range(2))
    assert first == second
    assert traffic.generate(4, TODAY) != first
    assert Questions(first, TODAY, 5).draw(50) == Questions(second, TODAY, 5).draw(50)


def test_every_broadcast_comes_before_its_sends() -> None:
    known = set()
    for record in traffic.generate(3, TODAY):
        if record["type"] == "broadcast":
            known.add((record["account"], record["broadcast"]))
        assert record["type"] != "send" or (record["account"], record["broadcast"]) in known


def test_no_row_is_sent_between_today_and_the_end_of_the_month() -> None:
    for today in (TODAY, date(2026, 12, 31), date(2024, 2, 29), date(2026, 3, 1)):
        next_month = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
        assert [day for day in traffic.edge_days(today) if day > today] == [next_month]


def _receipt(status: str, second: int) -> dict[str, Any]:
    about = {"type": "receipt", "account": "acme", "client_message_id": MESSAGE["client_message_id"]}
    return about | {"status": status, "status_code": "", "at": f"2026-02-13T10:30:0{second}Z"}


def _number(model: Model, account: str) -> None:
    """Give ids that do not depend on the order of the file."""
    keys = sorted(model.accounts[account].rows)
    random.Random(0).shuffle(keys)
    for source in ("api", "campaign"):
        model.learn_ids(account, source, {key: number for number, (_, key) in enumerate(keys, start=1)})


def _rows(model: Model) -> Iterator[Any]:
    for account in model.accounts.values():
        yield from account.rows.values()
