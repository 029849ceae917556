"""Random records in any order, with repetitions and in any batches, end in the rows of the reference model."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broadcasts_app.models import Broadcast, BroadcastSend, WaitingSend
from messages_app.models import Message
from smsreports.accounts.models import Account
from smsreports.counters.verify import find_differences
from smsreports.ingest.load import AccountResolver, BatchResult, load_batch
from smsreports.ingest.message_status import load_receipts
from smsreports.ingest.models import Event
from smsreports.ingest.staging import prepare_tables
from smsreports.sms.statuses import FINAL, NAMES
from smsreports.sources import get_counter_specs
from tests.ingest.conftest import (
    Record,
    action,
    broadcast,
    click,
    message,
    number_lines,
    receipt,
    send,
)
from tests.ingest.reference_model import ReferenceModel, time_at

pytestmark = pytest.mark.usefixtures("account")


def read_tables() -> dict[str, Any]:
    """Return the content of the tables, in the form of the reference model."""
    events = ("kind", "reference_kind", "reference", "at", "status", "status_code", "action_type", "waits")
    return {
        "messages": {row["client_message_id"]: row for row in select_columns(Message, MESSAGE)},
        "sends": {row["message_id"]: row for row in select_columns(BroadcastSend, SEND)},
        "broadcasts": {row["key"] for row in select_columns(Broadcast, ("key",))},
        "timelines": {row.client_message_id: count_verdicts(row) for row in Message.unscoped.all()},
        "events": set(Event.unscoped.values_list(*events)),
        "waiting": set(WaitingSend.unscoped.values_list("message_id", flat=True)),
    }


def count_arrivals() -> Counter[tuple[Any, ...]]:
    """Return how often each event was received; 0 for events known only from a send's record."""
    columns = ("kind", "reference_kind", "reference", "at", "status", "status_code", "action_type")
    return Counter({tuple(event[:-1]): event[-1] for event in Event.unscoped.values_list(*columns, "times_received")})


def count_verdicts(row: Message) -> Counter[tuple[Any, ...]]:
    """Count the receipts in the message's timeline by verdict, status, code and time."""
    receipts, total = load_receipts(row.account, vars(row))
    assert len(receipts) == total
    return Counter(
        (receipt["verdict"], receipt["status"], receipt["status_code"], receipt["at"]) for receipt in receipts
    )


def select_columns(model: Any, names: Sequence[str]) -> Iterable[dict[str, Any]]:
    rows: Iterable[dict[str, Any]] = model.unscoped.values(*names)
    return rows


REPORTED = ("status", "status_code", "status_at", "delivered_at")
MESSAGE = ("client_message_id", "request_key", "heads_request", "message_id", "created_at", "sent_at", *REPORTED)
SEND = ("message_id", "clicked_at", "click_count", "action_type", "action_at", "action_count", *REPORTED)

SECONDS = st.integers(0, 4).map(time_at)
OPTIONAL_SECONDS = st.none() | SECONDS
CODES = st.sampled_from(["", "000", "001"])
# Two messages, and a message and a send, share a carrier's id. A receipt with that id applies to both.
CARRIERS = {"m-a": "c-a", "m-b": "c-a", "m-c": "c-c", "m-d": "s-1"}
CREATED = {"m-a": time_at(2), "m-b": time_at(1), "m-c": time_at(1), "m-d": time_at(3)}
REQUESTS = {"m-a": "r", "m-b": "r", "m-c": "r", "m-d": "m-d"}
SENT = {"s-1": ("promo", time_at(1)), "s-2": ("promo", time_at(2)), "s-3": ("winter", time_at(3))}


@st.composite
def statuses(draw: st.DrawFn) -> Record:
    status = draw(st.sampled_from(NAMES))
    delivered = draw(OPTIONAL_SECONDS) if status in FINAL else None
    return {"status": status, "status_code": draw(CODES), "delivered_at": delivered}


@st.composite
def messages(draw: st.DrawFn) -> Record:
    key = draw(st.sampled_from(sorted(CREATED)))
    own = {"request_id": REQUESTS[key], "created_at": CREATED[key], "sent_at": draw(OPTIONAL_SECONDS)}
    return message(key, message_id=draw(st.sampled_from([None, CARRIERS[key]])), **own, **draw(statuses()))


# Values of the broadcast may be repeated by its sends or left out.
TEXTS: st.SearchStrategy[Record] = st.sampled_from([{}, {"message": "50% off"}, {"sender_id": "Promo", "segments": 1}])
ACTED = st.just((None, None)) | st.tuples(SECONDS, st.sampled_from("pq"))


@st.composite
def sends(draw: st.DrawFn) -> Record:
    key = draw(st.sampled_from(sorted(SENT)))
    broadcast_key, sent_at = SENT[key]
    action_at, action_type = draw(ACTED)
    reactions = {"clicked_at": draw(OPTIONAL_SECONDS), "action_at": action_at, "action_type": action_type}
    return send(key, broadcast=broadcast_key, sent_at=sent_at, **reactions, **draw(statuses()), **draw(TEXTS))


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
def rolled_back() -> Iterator[None]:
    """Roll back the loads of the block."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def staging(account: Account) -> None:
    """Staging tables created before the transaction that is rolled back."""
    with connection.cursor() as cursor:
        prepare_tables(cursor)


def load_in_batches(records: Sequence[Record], size: int) -> BatchResult:
    total, accounts = BatchResult(), AccountResolver()
    for start in range(0, len(records), size):
        result = load_batch(number_lines(records[start : start + size]), accounts)
        total.accepted += result.accepted
        total.duplicates += result.duplicates
        total.rejected += result.rejected
    return total


# Two messages that share a carrier's id, and their receipts: few enough values that records often collide.
UNREPORTED_FIELDS: Record = {"status": "pending", "status_code": "", "sent_at": None, "delivered_at": None}
TWO_MESSAGES = st.lists(
    st.builds(
        lambda key, carrier: message(
            key, message_id=carrier, request_id=REQUESTS[key], created_at=CREATED[key], **UNREPORTED_FIELDS
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
@pytest.mark.parametrize("records", [RECORDS, TWO_MESSAGES], ids=["of everything", "of two messages"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_order_repetition_and_batching_ends_in_the_rows_of_the_model(
    records: st.SearchStrategy[list[Record]], data: st.DataObject
) -> None:
    drawn_records = data.draw(records, "records")
    repeated = drawn_records + data.draw(st.lists(st.sampled_from(drawn_records), max_size=6), "repeated")
    arrival = data.draw(st.permutations(repeated), "arrival")
    model = ReferenceModel(drawn_records)
    parts = ("messages", "sends", "broadcasts", "timelines", "events", "waiting")
    expected_arrivals = Counter(model.build_event(record)[:-1] for record in arrival if record["type"] in Event.Kind)
    with rolled_back():
        result = load_in_batches(arrival, data.draw(st.integers(1, len(arrival)), "batch"))
        assert read_tables() == {name: getattr(model, name) for name in parts}
        assert count_arrivals() == expected_arrivals
        assert list(find_differences(get_counter_specs())) == []
    rows = len(model.messages) + len(model.sends) + len(model.broadcasts) + len(model.waiting)
    assert rows <= result.accepted <= rows + len(model.events)
    assert result.accepted + result.duplicates == len(arrival)
    assert result.rejected == []
