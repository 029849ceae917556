"""The timeline of a message: its receipts with times and verdicts."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from messages_app.models import Message
from smsreports.ingest import message_status
from smsreports.ingest.message_status import ENTRY_SCHEMAS, MAX_TIMELINE_RECEIPTS
from smsreports.ingest.models import Event
from tests.conftest import ApiClient
from tests.ingest.conftest import NOON, Record, broadcast, click, get_counts, load_records, message, receipt, send

pytestmark = pytest.mark.usefixtures("account")

START = datetime.fromisoformat(NOON)


def time_at(second: int) -> str:
    return (START + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%SZ")


def status_receipt(status: str, second: int, code: str = "", **reference: str) -> Record:
    return receipt(status=status, status_code=code, at=time_at(second), **(reference or {"client_message_id": "m-1"}))


def get_timeline(client: ApiClient) -> list[Any]:
    response = client.get("/api/v1/sms/status/m-1").json()
    assert list(response["message"])[-1] == "timeline"
    entries: list[Any] = response["message"]["timeline"]
    return entries


def get_verdicts(client: ApiClient) -> list[str]:
    return [f"{entry['at'][-3:-1].lstrip('0')} {entry['status']} {entry['verdict']}" for entry in get_timeline(client)]


# Receipts of a message of second 0, and their verdicts.
HISTORIES: dict[str, tuple[list[Record], list[str]]] = {
    "the stations and the end": (
        [status_receipt("sent", 1), status_receipt("ENROUTE", 2), status_receipt("DELIVRD", 3)],
        ["1 sent applied", "2 ENROUTE applied", "3 DELIVRD applied"],
    ),
    "a station after the end": (
        [status_receipt("sent", 1), status_receipt("failed", 2), status_receipt("sent", 3)],
        ["1 sent applied", "2 failed applied", "3 sent late"],
    ),
    "the end again, later": (
        [status_receipt("DELIVRD", 3), status_receipt("DELIVRD", 9, "000")],
        ["3 DELIVRD duplicate", "9 DELIVRD applied"],
    ),
    "a station twice": ([status_receipt("sent", 1), status_receipt("sent", 2)], ["1 sent duplicate", "2 sent applied"]),
    "two codes at once": (
        [status_receipt("EXPIRED", 2, "001"), status_receipt("EXPIRED", 2, "002")],
        ["2 EXPIRED duplicate", "2 EXPIRED applied"],
    ),
    "two ends": (
        [
            status_receipt("EXPIRED", 2),
            status_receipt("UNDELIV", 4),
            status_receipt("EXPIRED", 6),
            status_receipt("EXPIRED", 7),
        ],
        ["2 EXPIRED duplicate", "4 UNDELIV contradicts", "6 EXPIRED duplicate", "7 EXPIRED applied"],
    ),
    "delivered after all": (
        [status_receipt("DELIVRD", 2), status_receipt("UNDELIV", 4), status_receipt("UNDELIV", 5)],
        ["2 DELIVRD applied", "4 UNDELIV contradicts", "5 UNDELIV contradicts"],
    ),
    "the same by both ids": (
        [status_receipt("DELIVRD", 2), status_receipt("DELIVRD", 2, message_id="c-1")],
        ["2 DELIVRD applied", "2 DELIVRD duplicate"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("history", HISTORIES)
def test_a_verdict_does_not_depend_on_the_order_of_arrival(owner: ApiClient, history: str) -> None:
    receipts, expected = HISTORIES[history]
    orders = list(permutations([message(message_id="c-1"), *receipts]))
    for order in orders[:: len(orders) // 6]:
        for model in (Event, Message):
            model.unscoped.all().delete()
        for record in order:
            load_records(record)
        assert get_verdicts(owner) == expected


@pytest.mark.parametrize(("second", "verdict"), [(3, "duplicate"), (4, "applied"), (5, "applied")])
def test_a_receipt_earlier_than_its_record_is_a_duplicate(owner: ApiClient, second: int, verdict: str) -> None:
    load_records(message(status="DELIVRD", delivered_at=time_at(4)), status_receipt("DELIVRD", second))
    assert get_verdicts(owner) == [f"{second} DELIVRD {verdict}"]


def test_an_entry_has_all_fields_of_its_receipt(owner: ApiClient) -> None:
    load_records(message(), status_receipt("DELIVRD", 4, "000"))
    [entry] = get_timeline(owner)
    assert list(entry) == list(ENTRY_SCHEMAS)
    assert entry.items() >= {"status": "DELIVRD", "status_code": "000", "at": time_at(4), "verdict": "applied"}.items()
    assert datetime.fromisoformat(entry["received_at"]) > datetime.now(UTC) - timedelta(minutes=5)


def get_arrivals() -> tuple[int, bool]:
    """Return how often the only event was received, and True if the time of its repetition is stored."""
    event = Event.unscoped.get()
    return event.times_received, event.repeated_at is not None and event.repeated_at >= event.received_at


def test_a_repeated_receipt_is_counted_and_changes_nothing_else(owner: ApiClient) -> None:
    load_records(message(), status_receipt("DELIVRD", 4))
    first = get_timeline(owner)
    assert get_arrivals() == (1, False)
    assert get_counts(load_records(*[status_receipt("DELIVRD", 4)] * 3)) == (0, 3, 0)
    load_records(status_receipt("DELIVRD", 4))
    assert get_arrivals() == (5, True)
    assert get_timeline(owner) == first


def test_a_receipt_twice_in_one_batch_counts_as_repeated() -> None:
    load_records(message(), status_receipt("sent", 4), status_receipt("sent", 4))
    assert get_arrivals() == (2, True)


def test_a_click_of_a_sends_record_is_not_counted_as_received() -> None:
    load_records(broadcast(), send(clicked_at=time_at(4)))
    assert Event.unscoped.get().times_received == 0
    assert get_counts(load_records(click(at=time_at(4)), send(clicked_at=time_at(4)))) == (0, 2, 0)
    assert Event.unscoped.get().times_received == 1


def test_a_message_without_receipts_has_an_empty_timeline(owner: ApiClient) -> None:
    load_records(message(status="DELIVRD", delivered_at=time_at(4)))
    assert get_timeline(owner) == []


def test_a_timeline_is_ordered_by_the_reporters_clock(owner: ApiClient) -> None:
    load_records(
        message(message_id="c-1"),
        status_receipt("ACCEPTD", 5, message_id="c-1"),
        status_receipt("sent", 1),
        status_receipt("ENROUTE", 3),
    )
    assert get_verdicts(owner) == ["1 sent applied", "3 ENROUTE applied", "5 ACCEPTD applied"]


def test_a_timeline_excludes_receipts_of_another_account(owner: ApiClient, stranger: ApiClient) -> None:
    load_records(
        message(),
        status_receipt("sent", 1),
        message(account="globex"),
        status_receipt("DELIVRD", 2) | {"account": "globex"},
    )
    assert (get_verdicts(owner), get_verdicts(stranger)) == (["1 sent applied"], ["2 DELIVRD applied"])


def test_a_message_without_a_carrier_id_has_no_receipts_of_other_carrier_ids(owner: ApiClient) -> None:
    load_records(message(), status_receipt("DELIVRD", 1, message_id="c-1"))
    assert get_timeline(owner) == []
    assert Event.unscoped.get().waits


def test_a_timeline_has_the_latest_entries_and_headers_with_the_numbers(
    owner: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_status, "MAX_TIMELINE_RECEIPTS", 3)
    load_records(message(), status_receipt("DELIVRD", 9), *(status_receipt("sent", second) for second in range(1, 6)))
    response = owner.get("/api/v1/sms/status/m-1")
    assert (response["X-Timeline-Limit"], response["X-Timeline-Total"]) == ("3", "6")
    # The verdicts take all receipts into account.
    assert get_verdicts(owner) == ["4 sent duplicate", "5 sent applied", "9 DELIVRD applied"]


def test_a_thousand_receipts_take_one_query_and_give_a_hundred_entries(owner: ApiClient) -> None:
    load_records(message(), *(status_receipt("sent", second) for second in range(1000)))
    owner.get("/api/v1/sms/status/m-1")
    with CaptureQueriesContext(connection) as queries:
        entries = get_timeline(owner)
    assert len([query for query in queries if "ingest_event" in query["sql"]]) == 1
    assert Counter(entry["verdict"] for entry in entries) == {"applied": 1, "duplicate": MAX_TIMELINE_RECEIPTS - 1}
