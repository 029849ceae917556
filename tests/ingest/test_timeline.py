"""The timeline of a message: every receipt, when it came, and what became of it."""

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
from tests.conftest import Person
from tests.ingest.conftest import NOON, Record, broadcast, click, counts, loaded, message, receipt, send

pytestmark = pytest.mark.usefixtures("account")

START = datetime.fromisoformat(NOON)


def at(second: int) -> str:
    return (START + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%SZ")


def told(status: str, second: int, code: str = "", **reference: str) -> Record:
    return receipt(status=status, status_code=code, at=at(second), **(reference or {"client_message_id": "m-1"}))


def timeline(who: Person) -> list[Any]:
    answer = who.get("/api/v1/sms/status/m-1").json()
    assert list(answer["message"])[-1] == "timeline"
    entries: list[Any] = answer["message"]["timeline"]
    return entries


def verdicts(who: Person) -> list[str]:
    return [f"{one['at'][-3:-1].lstrip('0')} {one['status']} {one['verdict']}" for one in timeline(who)]


# What was told of a message of second 0, and what became of it.
STORIES: dict[str, tuple[list[Record], list[str]]] = {
    "the stations and the end": (
        [told("sent", 1), told("ENROUTE", 2), told("DELIVRD", 3)],
        ["1 sent applied", "2 ENROUTE applied", "3 DELIVRD applied"],
    ),
    "a station after the end": (
        [told("sent", 1), told("failed", 2), told("sent", 3)],
        ["1 sent applied", "2 failed applied", "3 sent late"],
    ),
    "the end again, later": (
        [told("DELIVRD", 3), told("DELIVRD", 9, "000")],
        ["3 DELIVRD duplicate", "9 DELIVRD applied"],
    ),
    "a station twice": ([told("sent", 1), told("sent", 2)], ["1 sent duplicate", "2 sent applied"]),
    "two codes at once": (
        [told("EXPIRED", 2, "001"), told("EXPIRED", 2, "002")],
        ["2 EXPIRED duplicate", "2 EXPIRED applied"],
    ),
    "two ends": (
        [told("EXPIRED", 2), told("UNDELIV", 4), told("EXPIRED", 6), told("EXPIRED", 7)],
        ["2 EXPIRED duplicate", "4 UNDELIV contradicts", "6 EXPIRED duplicate", "7 EXPIRED applied"],
    ),
    "delivered after all": (
        [told("DELIVRD", 2), told("UNDELIV", 4), told("UNDELIV", 5)],
        ["2 DELIVRD applied", "4 UNDELIV contradicts", "5 UNDELIV contradicts"],
    ),
    "the same by both ids": (
        [told("DELIVRD", 2), told("DELIVRD", 2, message_id="c-1")],
        ["2 DELIVRD applied", "2 DELIVRD duplicate"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("story", STORIES)
def test_what_became_of_a_receipt_does_not_depend_on_when_it_came(owner: Person, story: str) -> None:
    receipts, expected = STORIES[story]
    orders = list(permutations([message(message_id="c-1"), *receipts]))
    for order in orders[:: len(orders) // 6]:
        for model in (Event, Message):
            model.everyones.all().delete()
        for record in order:
            loaded(record)
        assert verdicts(owner) == expected


@pytest.mark.parametrize(("second", "verdict"), [(3, "duplicate"), (4, "applied"), (5, "applied")])
def test_a_record_that_says_more_than_a_receipt_makes_it_a_duplicate(owner: Person, second: int, verdict: str) -> None:
    loaded(message(status="DELIVRD", delivered_at=at(4)), told("DELIVRD", second))
    assert verdicts(owner) == [f"{second} DELIVRD {verdict}"]


def test_an_entry_says_everything_of_its_receipt(owner: Person) -> None:
    loaded(message(), told("DELIVRD", 4, "000"))
    [entry] = timeline(owner)
    assert list(entry) == list(ENTRY_SCHEMAS)
    assert entry.items() >= {"status": "DELIVRD", "status_code": "000", "at": at(4), "verdict": "applied"}.items()
    assert datetime.fromisoformat(entry["received_at"]) > datetime.now(UTC) - timedelta(minutes=5)


def arrivals() -> tuple[int, bool]:
    """How often the only event came, and whether it is known when it came again."""
    event = Event.everyones.get()
    return event.times_received, event.repeated_at is not None and event.repeated_at >= event.received_at


def test_a_receipt_that_comes_again_is_counted_and_changes_nothing_else(owner: Person) -> None:
    loaded(message(), told("DELIVRD", 4))
    first = timeline(owner)
    assert arrivals() == (1, False)
    assert counts(loaded(*[told("DELIVRD", 4)] * 3)) == (0, 3, 0)
    loaded(told("DELIVRD", 4))
    assert arrivals() == (5, True)
    assert timeline(owner) == first


def test_one_that_comes_twice_at_once_was_repeated() -> None:
    loaded(message(), told("sent", 4), told("sent", 4))
    assert arrivals() == (2, True)


def test_a_click_that_a_sends_record_tells_has_not_come_by_itself() -> None:
    loaded(broadcast(), send(clicked_at=at(4)))
    assert Event.everyones.get().times_received == 0
    assert counts(loaded(click(at=at(4)), send(clicked_at=at(4)))) == (0, 2, 0)
    assert Event.everyones.get().times_received == 1


def test_a_message_of_which_nobody_reported_has_an_empty_timeline(owner: Person) -> None:
    loaded(message(status="DELIVRD", delivered_at=at(4)))
    assert timeline(owner) == []


def test_a_timeline_is_in_the_order_of_the_reporters_clock(owner: Person) -> None:
    loaded(message(message_id="c-1"), told("ACCEPTD", 5, message_id="c-1"), told("sent", 1), told("ENROUTE", 3))
    assert verdicts(owner) == ["1 sent applied", "3 ENROUTE applied", "5 ACCEPTD applied"]


def test_another_accounts_receipts_are_not_in_it(owner: Person, stranger: Person) -> None:
    loaded(message(), told("sent", 1), message(account="globex"), told("DELIVRD", 2) | {"account": "globex"})
    assert (verdicts(owner), verdicts(stranger)) == (["1 sent applied"], ["2 DELIVRD applied"])


def test_receipts_that_name_no_carriers_id_are_not_those_of_a_message_without_one(owner: Person) -> None:
    loaded(message(), told("DELIVRD", 1, message_id="c-1"))
    assert timeline(owner) == []
    assert Event.everyones.get().waits


def test_the_latest_entries_are_shown_and_the_headers_say_how_many_there_are(
    owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_status, "MAX_TIMELINE_RECEIPTS", 3)
    loaded(message(), told("DELIVRD", 9), *(told("sent", second) for second in range(1, 6)))
    answer = owner.get("/api/v1/sms/status/m-1")
    assert (answer["X-Timeline-Limit"], answer["X-Timeline-Total"]) == ("3", "6")
    # The verdicts are those of the whole.
    assert verdicts(owner) == ["4 sent duplicate", "5 sent applied", "9 DELIVRD applied"]


def test_a_thousand_receipts_cost_one_query_and_a_hundred_entries(owner: Person) -> None:
    loaded(message(), *(told("sent", second) for second in range(1000)))
    owner.get("/api/v1/sms/status/m-1")
    with CaptureQueriesContext(connection) as queries:
        shown = timeline(owner)
    assert len([query for query in queries if "ingest_event" in query["sql"]]) == 1
    assert Counter(one["verdict"] for one in shown) == {"applied": 1, "duplicate": MAX_TIMELINE_RECEIPTS - 1}
