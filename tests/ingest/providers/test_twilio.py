"""Twilio's message logs, in the three forms that it gives them."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from messages_app.models import Message
from smsreports.accounts.models import Account
from smsreports.ingest.providers.twilio import STATUSES
from tests.ingest.conftest import counts, dump, reasons
from tests.ingest.providers.conftest import load_file, stored, table
from tests.ingest.providers.rows import Row, answer

SENT = datetime(2023, 8, 24, 5, 1, 46, tzinfo=UTC)
CREATED = datetime(2023, 8, 24, 5, 1, 45, tzinfo=UTC)


@pytest.fixture
def account(db: None) -> Account:
    return Account.objects.create(name="acme", currency="USD")


def line(**fields: Any) -> Row:
    """A message as a day's file of the bulk export has it: without a currency, with ISO 8601 times."""
    times = {"date_created": "2023-08-24T05:01:45Z", "date_sent": "2023-08-24T05:01:46Z"}
    row = answer() | times | {"date_updated": "2023-08-24T05:01:48Z"} | fields
    gone = ("price_unit", "api_version", "error_message", "uri", "subresource_uris")
    return {name: value for name, value in row.items() if name not in gone}


def cells(**fields: Any) -> Row:
    """A message as the console's CSV file has it."""
    return {
        "From": "+18336528866",
        "To": "+18182008801",
        "Body": "testing",
        "Status": "delivered",
        "SentDate": "2023-08-24T05:01:46Z",
        "ApiVersion": "2010-04-01",
        "NumSegments": "1",
        "ErrorCode": "",
        "AccountSid": "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "Sid": "SM1",
        "Direction": "outbound-api",
        "Price": "-0.00750",
        "PriceUnit": "USD",
    } | fields


def page(*rows: Row) -> bytes:
    return json.dumps({"end": 0, "page": 0, "uri": "/2010-04-01/…", "messages": rows}, indent=2).encode()


def day(*rows: Row) -> bytes:
    return "".join(f"{json.dumps(row)}\n" for row in rows).encode()


@pytest.mark.parametrize(
    ("content", "created"), [(page(answer()), CREATED), (day(line()), CREATED), (table([cells()]), SENT)]
)
def test_each_form_gives_the_same_message(account: Account, content: bytes, created: datetime) -> None:
    outcome, imported = load_file("twilio", account, content)
    assert (counts(outcome), reasons(outcome), imported.notes.unknown_columns) == ((1, 0, 0), [], set())
    assert stored("client_message_id", "message_id", "recipient", "country", "sender_id", "text") == [
        ("SM1", "SM1", "+18182008801", "US", "+18336528866", "testing")
    ]
    assert stored("status", "status_code", "segments", "cost", "created_at", "sent_at", "delivered_at") == [
        ("DELIVRD", "", 1, Decimal("0.0075"), created, SENT, None)
    ]


def test_a_list_without_an_envelope_is_read_too(account: Account) -> None:
    outcome, _ = load_file("twilio", account, json.dumps([answer(sid="SM1"), answer(sid="SM2")]).encode())
    assert counts(outcome) == (2, 0, 0)


def test_importing_twice_changes_nothing(account: Account) -> None:
    content = page(answer(sid="SM1"), answer(sid="SM2", status="undelivered", error_code=30003))
    load_file("twilio", account, content)
    before = dump()
    outcome, _ = load_file("twilio", account, content)
    assert (counts(outcome), dump()) == ((0, 2, 0), before)


def test_a_later_export_updates_the_status_as_a_receipt_does(account: Account) -> None:
    for status in ("sent", "undelivered", "sent"):
        outcome, _ = load_file("twilio", account, page(answer(status=status)))
        assert outcome.rejected == []
    assert stored("status") == [("UNDELIV",)]


def test_inbound_messages_are_skipped_and_counted(account: Account) -> None:
    rows = [cells(Sid="SM1", Direction="inbound", Status="received"), cells(Sid="SM2")]
    outcome, imported = load_file("twilio", account, table(rows))
    assert (counts(outcome), imported.notes.skipped) == ((1, 0, 0), 1)


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_of_the_table_is_stored(account: Account, status: str) -> None:
    load_file("twilio", account, page(answer(status=status)))
    assert Message.everyones.get().status == STATUSES[status]


def test_columns_that_are_not_documented_are_told_and_the_rest_is_loaded(account: Account) -> None:
    outcome, imported = load_file("twilio", account, table([cells(Campaign="x")]) + b"")
    assert (counts(outcome), imported.notes.unknown_columns) == ((1, 0, 0), {"Campaign"})
    outcome, imported = load_file("twilio", account, day(line(sid="SM2", tags=["x"])))
    assert (counts(outcome), imported.notes.unknown_columns) == ((1, 0, 0), {"tags"})


def test_a_currency_that_is_not_given_is_told(account: Account) -> None:
    _, imported = load_file("twilio", account, day(line(sid="SM1"), line(sid="SM2")))
    assert list(imported.notes.remarks) == [
        "price_unit is missing: costs are assumed to be in USD, the account's currency"
    ]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"status": "teleported"}, "status: 'teleported' is not known"),
        ({"status": "partially_delivered"}, "status: 'partially_delivered' is not known"),
        ({"status": None}, "status: 'None' is not known"),
        ({"status": "Call +14155551234"}, "status: is not known"),
        ({"direction": "sideways"}, "direction: 'sideways' is not known"),
        ({"num_media": "1"}, "num_media: must be 0: MMS are not loaded"),
        ({"price_unit": "EUR"}, "price_unit: 'EUR' is not USD, the account's currency"),
        ({"price": "0.0075"}, "price: must be a negative amount, as charges are"),
        ({"price": 0.0075}, "price: must be a negative amount, as charges are"),
        ({"price": True}, "price: must be a negative amount, as charges are"),
        ({"price": "NaN"}, "price: must be a negative amount, as charges are"),
        ({"price": "-NaN"}, "cost: must be from 0 to 999999.999999, with at most 6 decimals"),
        ({"price": "--1"}, "cost: must be from 0 to 999999.999999, with at most 6 decimals"),
        ({"price": "-0.0000001"}, "cost: must be from 0 to 999999.999999, with at most 6 decimals"),
        (
            {"price": None, "status": "sent"},
            "price: is not known yet; import the message when its status is final",
        ),
        (
            {"date_created": "2023-08-24T05:01:45"},
            "created_at: must be a time with a time zone, such as 2026-02-13T10:30:00Z",
        ),
        ({"date_sent": "Thu, 24 Aug 2023 05:01:45"}, "date_sent: has no time zone"),
        ({"date_sent": "Thu, 24 Aug 2023 05:01:45 -0000"}, "date_sent: has no time zone"),
        ({"date_sent": "yesterday"}, "date_sent: is not a time in the form of RFC 2822 or RFC 3339"),
        (
            {"date_sent": "Thu, 24 Aug 10000 05:01:45 +0000"},
            "date_sent: is not a time in the form of RFC 2822 or RFC 3339",
        ),
        (
            {"to": "whatsapp:+18182008801"},
            "recipient: must be a phone number in international form, + and up to 15 digits",
        ),
        ({"from": None}, "sender_id: is missing"),
        ({"body": ["x"]}, "body: must be a plain value"),
        ({"num_segments": "many"}, "segments: must be a whole number from 1 to 32767"),
    ],
)
def test_what_cannot_be_taken_is_refused_and_the_rest_is_loaded(account: Account, fields: Row, reason: str) -> None:
    outcome, _ = load_file("twilio", account, page(answer(sid="SM1"), answer(sid="SM2") | fields, answer(sid="SM3")))
    assert reasons(outcome) == [(2, reason)]
    assert stored("client_message_id") == [("SM1",), ("SM3",)]


@pytest.mark.parametrize(
    ("fields", "cost"),
    [
        ({"price": "-0.00750"}, "0.0075"),
        ({"price": -0.00001}, "0.00001"),
        ({"price": "0"}, "0"),
        ({"price": "-0.0"}, "0"),
        ({"price": 0}, "0"),
        ({"price": None, "status": "failed"}, "0"),
    ],
)
def test_a_charge_is_stored_without_its_sign(account: Account, fields: Row, cost: str) -> None:
    outcome, _ = load_file("twilio", account, page(answer() | fields))
    assert outcome.rejected == []
    assert Message.everyones.get().cost == Decimal(cost)


def test_a_price_that_is_not_given_is_told(account: Account) -> None:
    row = line(status="failed")
    del row["price"]
    outcome, imported = load_file("twilio", account, day(row))
    assert (counts(outcome), len(imported.notes.remarks)) == ((1, 0, 0), 2)
    assert "price is missing for some final messages: their cost is set to 0" in imported.notes.remarks


def test_parts_are_counted_where_no_sender_was_assigned_yet(account: Account) -> None:
    load_file("twilio", account, page(answer(num_segments="0", status="canceled", body="x" * 161)))
    assert stored("segments") == [(2,)]


def test_the_same_message_from_another_form_is_named_where_it_says_something_else(account: Account) -> None:
    load_file("twilio", account, page(answer()))
    outcome, _ = load_file("twilio", account, table([cells()]))
    assert reasons(outcome) == [(2, "conflicts with what is known: created_at")]
