"""Import of Twilio's message logs, in all three formats."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from messages_app.models import Message
from smsreports.accounts.models import Account
from smsreports.ingest.providers.twilio import STATUSES
from tests.ingest.conftest import dump_tables, get_counts, get_errors
from tests.ingest.providers.conftest import build_csv, load_file, stored_messages
from tests.ingest.providers.rows import Row, twilio_row

SENT = datetime(2023, 8, 24, 5, 1, 46, tzinfo=UTC)
CREATED = datetime(2023, 8, 24, 5, 1, 45, tzinfo=UTC)


@pytest.fixture
def account(db: None) -> Account:
    return Account.objects.create(name="acme", currency="USD")


def bulk_row(**fields: Any) -> Row:
    """Return a message of the daily bulk export: without a currency, with ISO 8601 times."""
    times = {"date_created": "2023-08-24T05:01:45Z", "date_sent": "2023-08-24T05:01:46Z"}
    row = twilio_row() | times | {"date_updated": "2023-08-24T05:01:48Z"} | fields
    missing = ("price_unit", "api_version", "error_message", "uri", "subresource_uris")
    return {name: value for name, value in row.items() if name not in missing}


def console_row(**fields: Any) -> Row:
    """Return a message of the console's CSV file."""
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


def build_page(*rows: Row) -> bytes:
    return json.dumps({"end": 0, "page": 0, "uri": "/2010-04-01/…", "messages": rows}, indent=2).encode()


def build_bulk_file(*rows: Row) -> bytes:
    return "".join(f"{json.dumps(row)}\n" for row in rows).encode()


@pytest.mark.parametrize(
    ("content", "created"),
    [(build_page(twilio_row()), CREATED), (build_bulk_file(bulk_row()), CREATED), (build_csv([console_row()]), SENT)],
)
def test_all_file_formats_give_the_same_message(account: Account, content: bytes, created: datetime) -> None:
    outcome, imported = load_file("twilio", account, content)
    assert (get_counts(outcome), get_errors(outcome), imported.notes.unknown_columns) == ((1, 0, 0), [], set())
    assert stored_messages("client_message_id", "message_id", "recipient", "country", "sender_id", "text") == [
        ("SM1", "SM1", "+18182008801", "US", "+18336528866", "testing")
    ]
    assert stored_messages("status", "status_code", "segments", "cost", "created_at", "sent_at", "delivered_at") == [
        ("DELIVRD", "", 1, Decimal("0.0075"), created, SENT, None)
    ]


def test_a_list_without_an_envelope_is_loaded(account: Account) -> None:
    outcome, _ = load_file("twilio", account, json.dumps([twilio_row(sid="SM1"), twilio_row(sid="SM2")]).encode())
    assert get_counts(outcome) == (2, 0, 0)


def test_importing_twice_changes_nothing(account: Account) -> None:
    content = build_page(twilio_row(sid="SM1"), twilio_row(sid="SM2", status="undelivered", error_code=30003))
    load_file("twilio", account, content)
    before = dump_tables()
    outcome, _ = load_file("twilio", account, content)
    assert (get_counts(outcome), dump_tables()) == ((0, 2, 0), before)


def test_a_later_export_updates_the_status_like_a_receipt(account: Account) -> None:
    for status in ("sent", "undelivered", "sent"):
        outcome, _ = load_file("twilio", account, build_page(twilio_row(status=status)))
        assert outcome.rejected == []
    assert stored_messages("status") == [("UNDELIV",)]


def test_inbound_messages_are_skipped_and_counted(account: Account) -> None:
    rows = [console_row(Sid="SM1", Direction="inbound", Status="received"), console_row(Sid="SM2")]
    outcome, imported = load_file("twilio", account, build_csv(rows))
    assert (get_counts(outcome), imported.notes.skipped) == ((1, 0, 0), 1)


@pytest.mark.parametrize("status", STATUSES)
def test_all_statuses_are_translated(account: Account, status: str) -> None:
    load_file("twilio", account, build_page(twilio_row(status=status)))
    assert Message.unscoped.get().status == STATUSES[status]


def test_unknown_columns_are_reported_and_ignored(account: Account) -> None:
    outcome, imported = load_file("twilio", account, build_csv([console_row(Campaign="x")]) + b"")
    assert (get_counts(outcome), imported.notes.unknown_columns) == ((1, 0, 0), {"Campaign"})
    outcome, imported = load_file("twilio", account, build_bulk_file(bulk_row(sid="SM2", tags=["x"])))
    assert (get_counts(outcome), imported.notes.unknown_columns) == ((1, 0, 0), {"tags"})


def test_a_missing_currency_is_reported(account: Account) -> None:
    _, imported = load_file("twilio", account, build_bulk_file(bulk_row(sid="SM1"), bulk_row(sid="SM2")))
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
        ({"to": "whatsapp:+18182008801"}, "to: must not have letters within a number"),
        # A spreadsheet saved the number so.
        ({"to": "4.47911E+11"}, "to: must not have letters within a number"),
        ({"to": 4479110000}, "recipient: must be text"),
        ({"from": None}, "sender_id: is missing"),
        ({"body": ["x"]}, "body: must be a plain value"),
        ({"num_segments": "many"}, "segments: must be a whole number from 1 to 32767"),
    ],
)
def test_invalid_rows_are_rejected_and_the_others_are_loaded(account: Account, fields: Row, reason: str) -> None:
    outcome, _ = load_file(
        "twilio", account, build_page(twilio_row(sid="SM1"), twilio_row(sid="SM2") | fields, twilio_row(sid="SM3"))
    )
    assert get_errors(outcome) == [(2, reason)]
    assert stored_messages("client_message_id") == [("SM1",), ("SM3",)]


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
def test_a_negative_price_is_stored_as_a_positive_cost(account: Account, fields: Row, cost: str) -> None:
    outcome, _ = load_file("twilio", account, build_page(twilio_row() | fields))
    assert outcome.rejected == []
    assert Message.unscoped.get().cost == Decimal(cost)


def test_a_missing_price_is_reported(account: Account) -> None:
    row = bulk_row(status="failed")
    del row["price"]
    outcome, imported = load_file("twilio", account, build_bulk_file(row))
    assert (get_counts(outcome), len(imported.notes.remarks)) == ((1, 0, 0), 2)
    assert "price is missing for some final messages: their cost is set to 0" in imported.notes.remarks


def test_segments_are_counted_if_no_sender_is_assigned(account: Account) -> None:
    load_file("twilio", account, build_page(twilio_row(num_segments="0", status="canceled", body="x" * 161)))
    assert stored_messages("segments") == [(2,)]


def test_the_same_message_from_another_format_conflicts_if_it_differs(account: Account) -> None:
    load_file("twilio", account, build_page(twilio_row()))
    outcome, _ = load_file("twilio", account, build_csv([console_row()]))
    assert get_errors(outcome) == [(2, "conflicts with what is known: created_at")]
