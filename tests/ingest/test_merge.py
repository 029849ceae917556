"""Rules of the merge: winning reports, waiting records, heads of requests and constraints."""

from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from django.db import transaction

from broadcasts_app.models import BroadcastSend, WaitingSend
from messages_app.models import Message
from smsreports.accounts.models import Account
from smsreports.ingest.models import Event
from smsreports.sms.statuses import NAMES
from tests.ingest.conftest import (
    Record,
    action,
    broadcast,
    click,
    get_counts,
    get_errors,
    load_records,
    message,
    receipt,
    send,
)
from tests.ingest.reference_model import START, SUBMITTED, parse_time, time_at

pytestmark = pytest.mark.usefixtures("account")


def get_message(key: str = "m-1") -> Message:
    return Message.unscoped.get(client_message_id=key)


def get_send(key: str = "s-1") -> BroadcastSend:
    return BroadcastSend.unscoped.get(message_id=key)


# Rules between two reports

RULES = [
    # Status and second of the winning report, and of the losing one.
    (("sent", 2), ("pending", 1)),
    (("pending", 2), ("sent", 1)),
    (("EXPIRED", 0), ("ENROUTE", 5)),
    (("failed", 0), ("sent", 5)),
    (("UNKNOWN", 0), ("ACCEPTD", 5)),
    (("DELIVRD", 0), ("UNDELIV", 5)),
    (("DELIVRD", 0), ("EXPIRED", 5)),
    (("UNDELIV", 5), ("EXPIRED", 4)),
    (("EXPIRED", 5), ("UNDELIV", 4)),
    (("UNKNOWN", 5), ("REJECTD", 4)),
    *(((NAMES[index + 1], 3), (NAMES[index], 3)) for index in range(len(NAMES) - 1)),
]


@pytest.mark.parametrize("in_two_batches", [False, True], ids=["in one batch", "in two"])
def test_the_same_of_two_reports_wins_in_either_order(in_two_batches: bool) -> None:
    pairs = {f"{winner} {other}": (winner, other) for winner, other in RULES}
    pairs |= {f"{key}, reversed": pair[::-1] for key, pair in pairs.items()}
    load_records(*(message(key, created_at=time_at(-1)) for key in pairs))
    batches = [
        [
            receipt(client_message_id=key, status=pair[position][0], at=time_at(pair[position][1]))
            for key, pair in pairs.items()
        ]
        for position in (0, 1)
    ]
    for batch in batches if in_two_batches else [batches[0] + batches[1]]:
        load_records(*batch)
    won = {row.client_message_id: (row.status, row.status_at) for row in Message.unscoped.all()}
    for winner, other in RULES:
        for key in (f"{winner} {other}", f"{winner} {other}, reversed"):
            assert won[key] == (winner[0], parse_time(time_at(winner[1]))), key


def test_the_winning_report_sets_the_code_and_the_time() -> None:
    load_records(message(), receipt(client_message_id="m-1", status="DELIVRD", status_code="000", at=time_at(4)))
    load_records(receipt(client_message_id="m-1", status="EXPIRED", status_code="099", at=time_at(9)))
    row = get_message()
    assert (row.status, row.status_code, row.delivered_at) == ("DELIVRD", "000", parse_time(time_at(4)))


@pytest.mark.parametrize("status", SUBMITTED)
def test_the_earliest_submitted_receipt_sets_sent_at(status: str) -> None:
    load_records(message(status="DELIVRD", delivered_at=time_at(9)))
    for second in (5, 3, 4):
        load_records(receipt(client_message_id="m-1", status=status, at=time_at(second)))
    row = get_message()
    assert (row.status, row.sent_at, row.delivered_at) == ("DELIVRD", parse_time(time_at(3)), parse_time(time_at(9)))


def test_a_repeated_message_with_more_values_acts_as_a_receipt() -> None:
    load_records(message())
    again = load_records(
        message(message_id="c-1", status="DELIVRD", status_code="000", sent_at=time_at(1), delivered_at=time_at(2))
    )
    row = get_message()
    assert get_counts(again) == (0, 1, 0)
    assert (row.message_id, row.status, row.status_code) == ("c-1", "DELIVRD", "000")
    assert (row.sent_at, row.delivered_at, row.status_at) == (
        parse_time(time_at(1)),
        parse_time(time_at(2)),
        parse_time(time_at(2)),
    )


# Waiting records


@pytest.mark.parametrize("reference", [{"client_message_id": "m-1"}, {"message_id": "c-1"}])
def test_a_receipt_waits_for_its_message(reference: Record) -> None:
    assert get_counts(load_records(receipt(at=time_at(5), **reference))) == (1, 0, 0)
    assert Event.unscoped.get().waits
    load_records(message(message_id="c-1"))
    assert (get_message().status, get_message().delivered_at) == ("DELIVRD", parse_time(time_at(5)))
    assert not Event.unscoped.get().waits


def test_a_receipt_waits_until_a_message_has_its_carrier_id() -> None:
    load_records(message(), receipt(message_id="c-1"))
    assert get_message().status == "pending"
    load_records(message(message_id="c-1"))
    assert get_message().status == "DELIVRD"


SHARED_CARRIER_IDS: list[list[Record]] = [
    [message("m-2", message_id="c-1")],
    # Its carrier's id arrives later.
    [message("m-2"), message("m-2", message_id="c-1")],
    [broadcast(), send("c-1")],
    [send("c-1"), broadcast()],
]


@pytest.mark.parametrize("other", SHARED_CARRIER_IDS)
def test_a_receipt_also_applies_to_an_sms_that_gets_its_carrier_id_later(other: list[Record]) -> None:
    load_records(message(message_id="c-1"), receipt(message_id="c-1"), click("c-1"))
    for record in other:
        load_records(record)
    rows = [*Message.unscoped.all(), *BroadcastSend.unscoped.all()]
    assert [row.status for row in rows] == ["DELIVRD", "DELIVRD"]
    assert all(row.click_count == 1 for row in BroadcastSend.unscoped.all())


def test_a_receipt_of_another_account_is_not_applied() -> None:
    Account.objects.create(name="other")
    load_records(receipt(client_message_id="m-1", account="other"))
    load_records(message())
    assert get_message().status == "pending"
    assert Event.unscoped.get().waits


def test_events_of_a_send_wait_for_it() -> None:
    load_records(receipt(message_id="s-1", at=time_at(1)), click(at=time_at(2)), action(at=time_at(3)))
    load_records(broadcast(), send())
    row = get_send()
    assert (row.status, row.delivered_at, row.clicked_at) == ("DELIVRD", parse_time(time_at(1)), parse_time(time_at(2)))
    assert (row.action_type, row.action_at) == ("payment", parse_time(time_at(3)))


def test_a_send_has_the_times_of_its_earliest_click_and_action() -> None:
    load_records(broadcast(), send(clicked_at=time_at(4), action_type="b", action_at=time_at(4)))
    load_records(
        click(at=time_at(5)),
        click(at=time_at(3)),
        action(at=time_at(4), action_type="a"),
        action(at=time_at(6), action_type="0"),
    )
    row = get_send()
    assert (row.clicked_at, row.action_type, row.action_at) == (parse_time(time_at(3)), "a", parse_time(time_at(4)))


def test_each_click_and_action_is_counted_once() -> None:
    load_records(broadcast(), send(clicked_at=time_at(1), action_type="payment", action_at=time_at(2)))
    load_records(
        click(at=time_at(1)),
        click(at=time_at(3)),
        click(at=time_at(3)),
        action(at=time_at(2)),
        action(at=time_at(2), action_type="call"),
    )
    assert get_counts(load_records(click(at=time_at(1)), action(at=time_at(4)))) == (1, 1, 0)
    assert (get_send().click_count, get_send().action_count) == (2, 3)


def test_a_click_does_not_apply_to_a_message() -> None:
    load_records(message(message_id="s-1"), click())
    assert Event.unscoped.get().waits


def test_a_send_waits_for_its_broadcast() -> None:
    assert get_counts(load_records(send(status="DELIVRD", delivered_at=time_at(5)))) == (1, 0, 0)
    assert not BroadcastSend.unscoped.exists()
    assert get_counts(load_records(broadcast(sender_id="Shop", message="я" * 71))) == (1, 0, 0)
    row = get_send()
    assert (row.sender_id, row.text, row.segments, row.status) == ("Shop", "я" * 71, 2, "DELIVRD")
    assert row.delivered_at == parse_time(time_at(5))
    assert not WaitingSend.unscoped.exists()


def test_a_repeated_waiting_send_is_a_duplicate() -> None:
    load_records(send())
    assert get_counts(load_records(send())) == (0, 1, 0)
    assert get_counts(load_records(send(status="sent"), send(status="DELIVRD"))) == (0, 2, 0)
    load_records(broadcast())
    assert get_send().status == "DELIVRD"


def test_a_waiting_send_repeated_with_its_broadcast_is_a_duplicate() -> None:
    load_records(send(cost="0.01"))
    assert get_counts(load_records(broadcast(), send(cost="0.01"))) == (1, 1, 0)


def test_a_waiting_send_wins_over_a_send_loaded_with_its_broadcast() -> None:
    load_records(send(cost="0.01"))
    result = load_records(send(cost="0.02"), broadcast())
    assert get_errors(result) == [(1, "conflicts with what is known: cost")]
    assert get_send().cost == Decimal("0.01")


def test_a_conflicting_waiting_send_is_reported_with_its_broadcasts_line() -> None:
    load_records(send(cost="0.01"))
    load_records(send(cost="0.02"))
    result = load_records(message(), broadcast())
    assert get_counts(result) == (2, 0, 1)
    error = f"the send {get_send().message_id}, which waited for this, conflicts with what is known: cost"
    assert get_errors(result) == [(2, error)]
    assert BroadcastSend.unscoped.count() == 1


# Heads of requests

# Time and id of each message. Equal times are ordered by the bytes of the id.
REQUEST = [(time_at(1), "b"), (time_at(2), "a"), (time_at(1), "B"), (time_at(1), "ü")]


@pytest.mark.parametrize("batch_size", [1, 2, 4])
def test_the_first_message_of_a_request_is_its_head_in_any_order_of_arrival(batch_size: int) -> None:
    arrivals = {f"r-{number}": arrival for number, arrival in enumerate(permutations(REQUEST))}
    for known in range(batch_size, len(REQUEST) + 1, batch_size):
        batch = [(key, *item) for key, arrival in arrivals.items() for item in arrival[known - batch_size : known]]
        load_records(
            *(message(f"{key} {own}", request_id=key, created_at=created_at) for key, created_at, own in batch)
        )
        heads = Message.unscoped.filter(heads_request=True).values_list("request_key", "client_message_id")
        firsts = [(key, f"{key} {min(arrival[:known])[1]}") for key, arrival in arrivals.items()]
        assert sorted(heads) == sorted(firsts)


def test_each_account_has_its_own_head_of_a_request() -> None:
    Account.objects.create(name="other")
    load_records(message("m-1", request_id="r"), message("m-1", request_id="r", account="other"))
    assert [row.heads_request for row in Message.unscoped.all()] == [True, True]


# Constraints

IMPOSSIBLE = [
    {"kind": "receipt", "status": "SENT"},
    {"kind": "receipt", "status": ""},
    {"kind": "receipt", "status": "sent", "action_type": "payment"},
    {"kind": "click", "status": "sent"},
    {"kind": "click", "status_code": "000"},
    {"kind": "click", "action_type": "payment"},
    {"kind": "action", "action_type": ""},
    {"kind": "action", "action_type": "payment", "status": "sent"},
    {"kind": "view"},
]


@pytest.mark.parametrize("columns", IMPOSSIBLE)
def test_the_database_rejects_an_event_with_columns_of_another_kind(account: Account, columns: Record) -> None:
    with pytest.raises(Exception, match='"event_says_what_its_kind_says"'):
        Event.unscoped.create(account=account, reference_kind="message_id", reference="c-1", at=START, **columns)


def test_the_database_rejects_a_second_copy_of_an_event_or_a_waiting_send() -> None:
    load_records(click(), send())
    for model, constraint in ((Event, "event_known_once"), (WaitingSend, "waiting_send_once")):
        row: Any = model._default_manager.get()
        row.pk = None
        with pytest.raises(Exception, match=f'"{constraint}"'), transaction.atomic():
            row.save()
