"""Vonage's SMS reports, as answers and as CSV files."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from messages_app.models import Message
from smsreports.accounts.models import Account
from smsreports.ingest.providers.vonage import STATUSES
from tests.ingest.conftest import counts, dump, reasons
from tests.ingest.providers.conftest import load_file, stored, table
from tests.ingest.providers.rows import Row, record


def answer(*rows: Row) -> bytes:
    links = {"self": {"href": "https://api.nexmo.com/v2/reports/records"}}
    return json.dumps({"_links": links, "product": "SMS", "items_count": len(rows), "records": rows}).encode()


@pytest.mark.parametrize("content", [answer(record()), table([record()]), json.dumps(record()).encode()])
def test_each_form_gives_the_same_message(account: Account, content: bytes) -> None:
    outcome, imported = load_file("vonage", account, content)
    assert (counts(outcome), imported.notes.unknown_columns, imported.notes.remarks) == ((1, 0, 0), set(), {})
    assert stored("client_message_id", "message_id", "recipient", "country", "sender_id", "text") == [
        ("0000000A", "0000000A", "+33612345678", "FR", "Acme", "This is a text message")
    ]
    received, finalized = datetime(2019, 6, 28, 15, 30, tzinfo=UTC), datetime(2019, 6, 28, 15, 30, 2, tzinfo=UTC)
    assert stored("status", "status_code", "segments", "cost", "created_at", "sent_at", "delivered_at") == [
        ("DELIVRD", "0", 1, Decimal("0.042"), received, None, finalized)
    ]


def test_importing_twice_changes_nothing(account: Account) -> None:
    content = table([record(message_id="1"), record(message_id="2", status="rejected", error_code="8")])
    load_file("vonage", account, content)
    before = dump()
    outcome, _ = load_file("vonage", account, content)
    assert (counts(outcome), dump()) == ((0, 2, 0), before)


def test_a_later_report_updates_the_status_as_a_receipt_does(account: Account) -> None:
    for status in ("accepted", "expired", "buffered", "delivered", "failed"):
        outcome, _ = load_file("vonage", account, answer(record(status=status)))
        assert outcome.rejected == []
    assert stored("status") == [("DELIVRD",)]


def test_a_report_of_inbound_sms_is_skipped_and_counted(account: Account) -> None:
    gone = ("client_ref", "date_finalized", "latency", "status", "error_code", "error_code_description")
    inbound = {name: value for name, value in record(direction="inbound").items() if name not in gone}
    for content in (table([inbound, inbound]), answer(inbound, inbound)):
        outcome, imported = load_file("vonage", account, content)
        assert (counts(outcome), imported.notes.skipped) == ((0, 0, 0), 2)


def test_a_report_without_texts_is_told(account: Account) -> None:
    rows = [{name: value for name, value in record().items() if name != "message_body"}]
    outcome, imported = load_file("vonage", account, table(rows))
    assert counts(outcome) == (1, 0, 0)
    assert list(imported.notes.remarks) == ["message_body is missing: texts are empty and count as one segment each"]
    assert stored("text", "segments") == [("", 1)]


def test_a_report_of_another_product_is_refused_whole(account: Account) -> None:
    gone = ("network", "network_name", "error_code_description")
    rows = [{name: value for name, value in record(provider="whatsapp").items() if name not in gone}] * 2
    outcome, _ = load_file("vonage", account, table(rows))
    assert reasons(outcome) == [(1, "is missing the columns network: no line of this file can be read")]
    outcome, _ = load_file("vonage", account, answer(*rows))
    assert reasons(outcome) == [(1, "lacks network"), (2, "lacks network")]


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_of_the_table_is_stored(account: Account, status: str) -> None:
    load_file("vonage", account, answer(record(status=status)))
    assert Message.everyones.get().status == STATUSES[status]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"status": "read"}, "status: 'read' is not known"),
        ({"direction": ""}, "direction: '' is not known"),
        ({"currency": "USD"}, "currency: 'USD' is not EUR, the account's currency"),
        ({"total_price": "-0.01"}, "cost: must be from 0 to 999999.999999, with at most 6 decimals"),
        ({"total_price": "NaN"}, "cost: must be from 0 to 999999.999999, with at most 6 decimals"),
        (
            {"total_price": "", "status": "accepted"},
            "total_price: is not known yet; import the message when its status is final",
        ),
        (
            {"date_received": "2019-06-28T15:30:00"},
            "created_at: must be a time with a time zone, such as 2026-02-13T10:30:00Z",
        ),
        (
            {"date_received": "10000-06-28T15:30:00Z"},
            "created_at: must be a time with a time zone, such as 2026-02-13T10:30:00Z",
        ),
        ({"date_received": ""}, "created_at: is missing"),
        ({"country": "France"}, "country: must be two capital letters"),
        ({"to": "Acme"}, "recipient: must be a phone number in international form, + and up to 15 digits"),
        ({"message_id": ""}, "client_message_id: must not be empty"),
    ],
)
def test_what_cannot_be_taken_is_refused_and_the_rest_is_loaded(account: Account, fields: Row, reason: str) -> None:
    rows = [record(message_id="1"), record(message_id="2") | fields, record(message_id="3")]
    outcome, _ = load_file("vonage", account, table(rows))
    assert reasons(outcome) == [(3, reason)]
    assert stored("client_message_id") == [("1",), ("3",)]
