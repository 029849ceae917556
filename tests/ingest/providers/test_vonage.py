"""Import of Vonage's SMS reports, as API responses and as CSV files."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from messages_app.models import Message
from smsreports.accounts.models import Account
from smsreports.ingest.providers.vonage import STATUSES
from tests.ingest.conftest import dump_tables, get_counts, get_errors
from tests.ingest.providers.conftest import build_csv, load_file, stored_messages
from tests.ingest.providers.rows import Row, vonage_row


def build_response(*rows: Row) -> bytes:
    links = {"self": {"href": "https://api.nexmo.com/v2/reports/records"}}
    return json.dumps({"_links": links, "product": "SMS", "items_count": len(rows), "records": rows}).encode()


@pytest.mark.parametrize(
    "content", [build_response(vonage_row()), build_csv([vonage_row()]), json.dumps(vonage_row()).encode()]
)
def test_all_file_formats_give_the_same_message(account: Account, content: bytes) -> None:
    outcome, imported = load_file("vonage", account, content)
    assert (get_counts(outcome), imported.notes.unknown_columns, imported.notes.remarks) == ((1, 0, 0), set(), {})
    assert stored_messages("client_message_id", "message_id", "recipient", "country", "sender_id", "text") == [
        ("0000000A", "0000000A", "+33612345678", "FR", "Acme", "This is a text message")
    ]
    received, finalized = datetime(2019, 6, 28, 15, 30, tzinfo=UTC), datetime(2019, 6, 28, 15, 30, 2, tzinfo=UTC)
    assert stored_messages("status", "status_code", "segments", "cost", "created_at", "sent_at", "delivered_at") == [
        ("DELIVRD", "0", 1, Decimal("0.042"), received, None, finalized)
    ]


def test_importing_twice_changes_nothing(account: Account) -> None:
    content = build_csv([vonage_row(message_id="1"), vonage_row(message_id="2", status="rejected", error_code="8")])
    load_file("vonage", account, content)
    before = dump_tables()
    outcome, _ = load_file("vonage", account, content)
    assert (get_counts(outcome), dump_tables()) == ((0, 2, 0), before)


def test_a_later_report_updates_the_status_like_a_receipt(account: Account) -> None:
    for status in ("accepted", "expired", "buffered", "delivered", "failed"):
        outcome, _ = load_file("vonage", account, build_response(vonage_row(status=status)))
        assert outcome.rejected == []
    assert stored_messages("status") == [("DELIVRD",)]


def test_inbound_sms_are_skipped_and_counted(account: Account) -> None:
    missing = ("client_ref", "date_finalized", "latency", "status", "error_code", "error_code_description")
    inbound = {name: value for name, value in vonage_row(direction="inbound").items() if name not in missing}
    for content in (build_csv([inbound, inbound]), build_response(inbound, inbound)):
        outcome, imported = load_file("vonage", account, content)
        assert (get_counts(outcome), imported.notes.skipped) == ((0, 0, 0), 2)


def test_missing_texts_are_reported(account: Account) -> None:
    rows = [{name: value for name, value in vonage_row().items() if name != "message_body"}]
    outcome, imported = load_file("vonage", account, build_csv(rows))
    assert get_counts(outcome) == (1, 0, 0)
    assert list(imported.notes.remarks) == ["message_body is missing: texts are empty and count as one segment each"]
    assert stored_messages("text", "segments") == [("", 1)]


def test_a_report_of_another_product_is_rejected(account: Account) -> None:
    missing = ("network", "network_name", "error_code_description")
    rows = [{name: value for name, value in vonage_row(provider="whatsapp").items() if name not in missing}] * 2
    outcome, _ = load_file("vonage", account, build_csv(rows))
    assert get_errors(outcome) == [(1, "is missing the columns network: no line of this file can be read")]
    outcome, _ = load_file("vonage", account, build_response(*rows))
    assert get_errors(outcome) == [(1, "lacks network"), (2, "lacks network")]


@pytest.mark.parametrize("status", STATUSES)
def test_all_statuses_are_translated(account: Account, status: str) -> None:
    load_file("vonage", account, build_response(vonage_row(status=status)))
    assert Message.unscoped.get().status == STATUSES[status]


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
        ({"to": "Acme 33 600 00 00 00"}, "to: must not have letters within a number"),
        ({"message_id": ""}, "client_message_id: must not be empty"),
    ],
)
def test_invalid_rows_are_rejected_and_the_others_are_loaded(account: Account, fields: Row, reason: str) -> None:
    rows = [vonage_row(message_id="1"), vonage_row(message_id="2") | fields, vonage_row(message_id="3")]
    outcome, _ = load_file("vonage", account, build_csv(rows))
    assert get_errors(outcome) == [(3, reason)]
    assert stored_messages("client_message_id") == [("1",), ("3",)]
