"""Merging, beside a slow fold over the same records: order, repetition and batches make no difference."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broadcasts_app.models import Broadcast, BroadcastSend
from messages_app.models import Message
from smsreports.accounts.models import Account
from smsreports.counters.verify import find_differences
from smsreports.ingest.load import AccountResolver, BatchResult, load_batch
from smsreports.ingest.message_status import load_receipts as receipts_of
from smsreports.ingest.models import Event, WaitingSend
from smsreports.ingest.staging import prepare_tables
from smsreports.sms.statuses import FINAL, NAMES
from smsreports.sources import get_counter_specs
from tests.ingest.conftest import (
    Record,
    action,
    broadcast,
    click,
    counts,
    loaded,
    message,
    numbered,
    reasons,
    receipt,
    send,
)
from tests.ingest.fold import SUBMITTED, Fold, moment

pytestmark = pytest.mark.usefixtures("account")

START = datetime(2026, 2, 13, 12, tzinfo=UTC)


def at(seconds: int) -> str:
    return (START + timedelta(seconds=seconds)).isoformat()


def the_message(key: str = "m-1") -> Message:
    return Message.everyones.get(client_message_id=key)


def the_send(key: str = "s-1") -> BroadcastSend:
    return BroadcastSend.everyones.get(message_id=key)


# The rules between two reports, one by one.

RULES = [
    # The one that wins, and the one that does not: status and second.
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
    *(((NAMES[place + 1], 3), (NAMES[place], 3)) for place in range(len(NAMES) - 1)),
]


@pytest.mark.parametrize("apart", [False, True], ids=["in one batch", "in two"])
def test_of_two_reports_the_same_one_wins_whichever_comes_first(apart: bool) -> None:
    pairs = {f"{winner} {other}": (winner, other) for winner, other in RULES}
    pairs |= {f"{key}, turned": pair[::-1] for key, pair in pairs.items()}
    loaded(*(message(key, created_at=at(-1)) for key in pairs))
    batches = [
        [receipt(client_message_id=key, status=pair[turn][0], at=at(pair[turn][1])) for key, pair in pairs.items()]
        for turn in (0, 1)
    ]
    for batch in batches if apart else [batches[0] + batches[1]]:
        loaded(*batch)
    won = {row.client_message_id: (row.status, row.status_at) for row in Message.everyones.all()}
    for winner, other in RULES:
        for key in (f"{winner} {other}", f"{winner} {other}, turned"):
            assert won[key] == (winner[0], moment(at(winner[1]))), key


def test_the_winning_report_brings_its_code_and_its_time() -> None:
    loaded(message(), receipt(client_message_id="m-1", status="DELIVRD", status_code="000", at=at(4)))
    loaded(receipt(client_message_id="m-1", status="EXPIRED", status_code="099", at=at(9)))
    row = the_message()
    assert (row.status, row.status_code, row.delivered_at) == ("DELIVRD", "000", moment(at(4)))


@pytest.mark.parametrize("status", SUBMITTED)
def test_a_receipt_on_the_way_says_when_the_message_left_us(status: str) -> None:
    loaded(message(status="DELIVRD", delivered_at=at(9)))
    for second in (5, 3, 4):
        loaded(receipt(client_message_id="m-1", status=status, at=at(second)))
    row = the_message()
    assert (row.status, row.sent_at, row.delivered_at) == ("DELIVRD", moment(at(3)), moment(at(9)))


def test_a_message_that_comes_again_with_more_is_a_receipt() -> None:
    loaded(message())
    again = loaded(message(message_id="c-1", status="DELIVRD", status_code="000", sent_at=at(1), delivered_at=at(2)))
    row = the_message()
    assert counts(again) == (0, 1, 0)
    assert (row.message_id, row.status, row.status_code) == ("c-1", "DELIVRD", "000")
    assert (row.sent_at, row.delivered_at, row.status_at) == (moment(at(1)), moment(at(2)), moment(at(2)))


# What waits.


@pytest.mark.parametrize("reference", [{"client_message_id": "m-1"}, {"message_id": "c-1"}])
def test_a_receipt_waits_for_its_message(reference: Record) -> None:
    assert counts(loaded(receipt(at=at(5), **reference))) == (1, 0, 0)
    assert Event.everyones.get().waits
    loaded(message(message_id="c-1"))
    assert (the_message().status, the_message().delivered_at) == ("DELIVRD", moment(at(5)))
    assert not Event.everyones.get().waits


def test_a_receipt_waits_for_the_carriers_id_of_a_message() -> None:
    loaded(message(), receipt(message_id="c-1"))
    assert the_message().status == "pending"
    loaded(message(message_id="c-1"))
    assert the_message().status == "DELIVRD"


SHARING: list[list[Record]] = [
    [message("m-2", message_id="c-1")],
    # Its carrier's id comes later.
    [message("m-2"), message("m-2", message_id="c-1")],
    [broadcast(), send("c-1")],
    [send("c-1"), broadcast()],
]


@pytest.mark.parametrize("other", SHARING)
def test_a_receipt_also_speaks_of_the_sms_that_takes_its_carriers_id_later(other: list[Record]) -> None:
    loaded(message(message_id="c-1"), receipt(message_id="c-1"), click("c-1"))
    for record in other:
        loaded(record)
    rows = [*Message.everyones.all(), *BroadcastSend.everyones.all()]
    assert [row.status for row in rows] == ["DELIVRD", "DELIVRD"]
    assert all(row.click_count == 1 for row in BroadcastSend.everyones.all())


def test_another_accounts_receipt_is_not_ours() -> None:
    Account.objects.create(name="other")
    loaded(receipt(client_message_id="m-1", account="other"))
    loaded(message())
    assert the_message().status == "pending"
    assert Event.everyones.get().waits


def test_whatever_is_told_of_a_send_waits_for_it() -> None:
    loaded(receipt(message_id="s-1", at=at(1)), click(at=at(2)), action(at=at(3)))
    loaded(broadcast(), send())
    row = the_send()
    assert (row.status, row.delivered_at, row.clicked_at) == ("DELIVRD", moment(at(1)), moment(at(2)))
    assert (row.action_type, row.action_at) == ("payment", moment(at(3)))


def test_the_earliest_click_and_action_count() -> None:
    loaded(broadcast(), send(clicked_at=at(4), action_type="b", action_at=at(4)))
    loaded(click(at=at(5)), click(at=at(3)), action(at=at(4), action_type="a"), action(at=at(6), action_type="0"))
    row = the_send()
    assert (row.clicked_at, row.action_type, row.action_at) == (moment(at(3)), "a", moment(at(4)))


def test_every_click_and_action_is_counted_once() -> None:
    loaded(broadcast(), send(clicked_at=at(1), action_type="payment", action_at=at(2)))
    loaded(click(at=at(1)), click(at=at(3)), click(at=at(3)), action(at=at(2)), action(at=at(2), action_type="call"))
    assert counts(loaded(click(at=at(1)), action(at=at(4)))) == (1, 1, 0)
    assert (the_send().click_count, the_send().action_count) == (2, 3)


def test_a_message_is_not_clicked() -> None:
    loaded(message(message_id="s-1"), click())
    assert Event.everyones.get().waits


def test_a_send_waits_for_its_broadcast() -> None:
    assert counts(loaded(send(status="DELIVRD", delivered_at=at(5)))) == (1, 0, 0)
    assert not BroadcastSend.everyones.exists()
    assert counts(loaded(broadcast(sender_id="Shop", message="я" * 71))) == (1, 0, 0)
    row = the_send()
    assert (row.sender_id, row.text, row.segments, row.status) == ("Shop", "я" * 71, 2, "DELIVRD")
    assert row.delivered_at == moment(at(5))
    assert not WaitingSend.everyones.exists()


def test_a_send_that_waits_is_known() -> None:
    loaded(send())
    assert counts(loaded(send())) == (0, 1, 0)
    assert counts(loaded(send(status="sent"), send(status="DELIVRD"))) == (0, 2, 0)
    loaded(broadcast())
    assert the_send().status == "DELIVRD"


def test_a_send_that_comes_again_with_its_broadcast_is_known() -> None:
    loaded(send(cost="0.01"))
    assert counts(loaded(broadcast(), send(cost="0.01"))) == (1, 1, 0)


def test_a_send_that_waited_was_there_before_the_one_that_comes_with_its_broadcast() -> None:
    loaded(send(cost="0.01"))
    outcome = loaded(send(cost="0.02"), broadcast())
    assert reasons(outcome) == [(1, "conflicts with what is known: cost")]
    assert the_send().cost == Decimal("0.01")


def test_a_waiting_send_that_contradicts_is_named_with_its_broadcasts_line() -> None:
    loaded(send(cost="0.01"))
    loaded(send(cost="0.02"))
    outcome = loaded(message(), broadcast())
    assert counts(outcome) == (2, 0, 1)
    waited = f"the send {the_send().message_id}, which waited for this, conflicts with what is known: cost"
    assert reasons(outcome) == [(2, waited)]
    assert BroadcastSend.everyones.count() == 1


# Heads of requests.

# Time and id of each; bytes decide between equal times, whatever the language.
REQUEST = [(at(1), "b"), (at(2), "a"), (at(1), "B"), (at(1), "ü")]


@pytest.mark.parametrize("together", [1, 2, 4])
def test_the_first_message_of_a_request_heads_it_in_whatever_order_they_come(together: int) -> None:
    arrivals = {f"r-{number}": arrival for number, arrival in enumerate(permutations(REQUEST))}
    for known in range(together, len(REQUEST) + 1, together):
        coming = [(key, *one) for key, arrival in arrivals.items() for one in arrival[known - together : known]]
        loaded(*(message(f"{key} {own}", request_id=key, created_at=when) for key, when, own in coming))
        heads = Message.everyones.filter(heads_request=True).values_list("request_key", "client_message_id")
        firsts = [(key, f"{key} {min(arrival[:known])[1]}") for key, arrival in arrivals.items()]
        assert sorted(heads) == sorted(firsts)


def test_requests_of_two_accounts_have_a_head_each() -> None:
    Account.objects.create(name="other")
    loaded(message("m-1", request_id="r"), message("m-1", request_id="r", account="other"))
    assert [row.heads_request for row in Message.everyones.all()] == [True, True]


# Rows that cannot be events.

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
def test_an_event_says_what_its_kind_says_and_nothing_else(account: Account, columns: Record) -> None:
    with pytest.raises(Exception, match='"event_says_what_its_kind_says"'):
        Event.everyones.create(account=account, reference_kind="message_id", reference="c-1", at=START, **columns)


def test_an_event_and_a_waiting_send_are_kept_once() -> None:
    loaded(click(), send())
    for model, constraint in ((Event, "event_known_once"), (WaitingSend, "waiting_send_once")):
        row: Any = model._default_manager.get()
        row.pk = None
        with pytest.raises(Exception, match=f'"{constraint}"'), transaction.atomic():
            row.save()


# Everything at once, beside the fold.


def found() -> dict[str, Any]:
    """The same out of the tables."""
    events = ("kind", "reference_kind", "reference", "at", "status", "status_code", "action_type", "waits")
    return {
        "messages": {row["client_message_id"]: row for row in columns(Message, MESSAGE)},
        "sends": {row["message_id"]: row for row in columns(BroadcastSend, SEND)},
        "broadcasts": {row["key"] for row in columns(Broadcast, ("key",))},
        "timelines": {row.client_message_id: worth(row) for row in Message.everyones.all()},
        "events": set(Event.everyones.values_list(*events)),
        "waiting": set(WaitingSend.everyones.values_list("message_id", flat=True)),
    }


def times() -> Counter[tuple[Any, ...]]:
    """How often each event came; of what is told by a send's record alone, nothing."""
    said = ("kind", "reference_kind", "reference", "at", "status", "status_code", "action_type")
    return Counter({tuple(event[:-1]): event[-1] for event in Event.everyones.values_list(*said, "times_received")})


def worth(row: Message) -> Counter[tuple[Any, ...]]:
    """How many receipts of each verdict, status, code and time the message shows."""
    shown, total = receipts_of(row.account, vars(row))
    assert len(shown) == total
    return Counter((one["verdict"], one["status"], one["status_code"], one["at"]) for one in shown)


def columns(model: Any, names: Sequence[str]) -> Iterable[dict[str, Any]]:
    rows: Iterable[dict[str, Any]] = model.everyones.values(*names)
    return rows


REPORTED = ("status", "status_code", "status_at", "delivered_at")
MESSAGE = ("client_message_id", "request_key", "heads_request", "message_id", "created_at", "sent_at", *REPORTED)
SEND = ("message_id", "clicked_at", "click_count", "action_type", "action_at", "action_count", *REPORTED)

SECONDS = st.integers(0, 4).map(at)
PERHAPS = st.none() | SECONDS
CODES = st.sampled_from(["", "000", "001"])
# Two messages, and a message and a send, share a carrier's id: a receipt that names it speaks of both.
CARRIERS = {"m-a": "c-a", "m-b": "c-a", "m-c": "c-c", "m-d": "s-1"}
CREATED = {"m-a": at(2), "m-b": at(1), "m-c": at(1), "m-d": at(3)}
REQUESTS = {"m-a": "r", "m-b": "r", "m-c": "r", "m-d": "m-d"}
SENT = {"s-1": ("promo", at(1)), "s-2": ("promo", at(2)), "s-3": ("winter", at(3))}


@st.composite
def statuses(draw: st.DrawFn) -> Record:
    status = draw(st.sampled_from(NAMES))
    delivered = draw(PERHAPS) if status in FINAL else None
    return {"status": status, "status_code": draw(CODES), "delivered_at": delivered}


@st.composite
def messages(draw: st.DrawFn) -> Record:
    key = draw(st.sampled_from(sorted(CREATED)))
    own = {"request_id": REQUESTS[key], "created_at": CREATED[key], "sent_at": draw(PERHAPS)}
    return message(key, message_id=draw(st.sampled_from([None, CARRIERS[key]])), **own, **draw(statuses()))


# What the broadcast says may be said or left out.
TEXTS: st.SearchStrategy[Record] = st.sampled_from([{}, {"message": "50% off"}, {"sender_id": "Promo", "segments": 1}])
ACTED = st.just((None, None)) | st.tuples(SECONDS, st.sampled_from("pq"))


@st.composite
def sends(draw: st.DrawFn) -> Record:
    key = draw(st.sampled_from(sorted(SENT)))
    broadcast_key, sent_at = SENT[key]
    action_at, action_type = draw(ACTED)
    acts = {"clicked_at": draw(PERHAPS), "action_at": action_at, "action_type": action_type}
    return send(key, broadcast=broadcast_key, sent_at=sent_at, **acts, **draw(statuses()), **draw(TEXTS))


@st.composite
def receipts(draw: st.DrawFn) -> Record:
    ids = [("client_message_id", key) for key in (*CREATED, "m-?")]
    ids += [("message_id", key) for key in (*CARRIERS.values(), *SENT, "?")]
    reference = dict([draw(st.sampled_from(ids))])
    return receipt(**reference, status=draw(st.sampled_from(NAMES)), status_code=draw(CODES), at=draw(SECONDS))


CLICKED = st.sampled_from([*SENT, "c-a", "?"])
CLICKS = st.builds(click, CLICKED, at=SECONDS)
ACTIONS = st.builds(action, CLICKED, at=SECONDS, action_type=st.sampled_from("pq"))
BROADCASTS = st.sampled_from(["promo", "winter"]).map(broadcast)
RECORDS = st.lists(messages() | sends() | receipts() | CLICKS | ACTIONS | BROADCASTS, min_size=1, max_size=14)


@contextmanager
def undone() -> Iterator[None]:
    """What is loaded in here is gone afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def staging(account: Account) -> None:
    """Staging tables that outlive what is undone."""
    with connection.cursor() as cursor:
        prepare_tables(cursor)


def in_batches(records: Sequence[Record], size: int) -> BatchResult:
    whole, accounts = BatchResult(), AccountResolver()
    for start in range(0, len(records), size):
        outcome = load_batch(numbered(records[start : start + size]), accounts)
        whole.accepted += outcome.accepted
        whole.duplicates += outcome.duplicates
        whole.rejected += outcome.rejected
    return whole


# The same narrowed to what meets often: two messages that share a carrier's id, and their receipts.
UNTOLD: Record = {"status": "pending", "status_code": "", "sent_at": None, "delivered_at": None}
OF_TWO = st.lists(
    st.builds(
        lambda key, carrier: message(
            key, message_id=carrier, request_id=REQUESTS[key], created_at=CREATED[key], **UNTOLD
        ),
        st.sampled_from(["m-a", "m-b"]),
        st.sampled_from([None, "c-a"]),
    )
    | st.builds(
        lambda reference, status, at: receipt(**reference, status=status, status_code="", at=at),
        st.sampled_from([{"client_message_id": "m-a"}, {"message_id": "c-a"}]),
        st.sampled_from(["sent", "EXPIRED", "DELIVRD"]),
        SECONDS,
    ),
    min_size=3,
    max_size=10,
)


@pytest.mark.usefixtures("staging")
@pytest.mark.parametrize("records", [RECORDS, OF_TWO], ids=["of everything", "of two messages"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_order_repetition_and_batching_ends_in_the_rows_of_the_fold(
    records: st.SearchStrategy[list[Record]], data: st.DataObject
) -> None:
    told = data.draw(records, "records")
    repeated = told + data.draw(st.lists(st.sampled_from(told), max_size=6), "repeated")
    arrival = data.draw(st.permutations(repeated), "arrival")
    fold = Fold(told)
    parts = ("messages", "sends", "broadcasts", "timelines", "events", "waiting")
    came = Counter(fold.event(record)[:-1] for record in arrival if record["type"] in Event.Kind)
    with undone():
        outcome = in_batches(arrival, data.draw(st.integers(1, len(arrival)), "batch"))
        assert found() == {name: getattr(fold, name) for name in parts}
        assert times() == came
        assert list(find_differences(get_counter_specs())) == []
    rows = len(fold.messages) + len(fold.sends) + len(fold.broadcasts) + len(fold.waiting)
    assert rows <= outcome.accepted <= rows + len(fold.events)
    assert outcome.accepted + outcome.duplicates == len(arrival)
    assert outcome.rejected == []
