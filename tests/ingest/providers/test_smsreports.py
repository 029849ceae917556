"""Import of our own exports: rebuilt records and rejected rows."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from broadcasts_app.models import Broadcast, BroadcastSend
from messages_app.models import Message
from smsreports.accounts.models import Account
from tests.export.conftest import BOM
from tests.ingest.conftest import dump_tables, get_counts, get_errors
from tests.ingest.providers.conftest import build_csv, load_file, stored_messages
from tests.ingest.providers.rows import Row, export_row

COST = "cost: must be from 0 to 999999.999999, with at most 6 decimals"


def send_row(key: str, **fields: Any) -> Row:
    own = {"source": "campaign", "message_id": key, "client_message_id": "", "broadcast_id": "17"}
    return export_row() | own | {"broadcast_name": "Promo"} | fields


def build_json_lines(*rows: Row) -> bytes:
    return "".join(f"{json.dumps(row)}\n" for row in rows).encode()


def test_a_row_of_api_traffic_is_loaded_as_a_message(account: Account) -> None:
    outcome, _ = load_file("smsreports", account, build_csv([export_row()]))
    assert get_counts(outcome) == (1, 0, 0)
    assert stored_messages("client_message_id", "request_key", "message_id", "country", "sent_at", "text") == [
        ("m-1", "m-1", None, "US", None, "Hello")
    ]


def test_a_broadcast_is_rebuilt_from_its_oldest_send(account: Account) -> None:
    newest = send_row("s-2", sent_at="2026-02-13T12:00:01Z", message="Hi Bea", sender_id="Other")
    outcome, _ = load_file("smsreports", account, build_csv([newest, send_row("s-1", message="Hi Al")]))
    assert get_counts(outcome) == (3, 0, 0)
    broadcasts = Broadcast.unscoped.values_list("key", "name", "text", "sender_id", "contact_group_id", "created_at")
    noon = datetime(2026, 2, 13, 12, tzinfo=UTC)
    assert list(broadcasts) == [("export:17", "Promo", "Hi Al", "MyApp", None, noon)]
    assert list(BroadcastSend.unscoped.order_by("id").values_list("message_id", "text")) == [
        ("s-1", "Hi Al"),
        ("s-2", "Hi Bea"),
    ]


def test_a_page_of_the_list_is_loaded(account: Account) -> None:
    row = {name: value or None for name, value in export_row(cost=0.0085, segments=1, clicked=False).items()}
    page = json.dumps({"messages": [row], "total": 1, "page": 1, "limit": 25, "total_pages": 1}).encode()
    outcome, imported = load_file("smsreports", account, page)
    assert (get_counts(outcome), imported.notes.unknown_columns) == ((1, 0, 0), set())


def test_importing_twice_changes_nothing(account: Account) -> None:
    content = build_csv(
        [export_row(), send_row("s-1", clicked="true", clicked_at="2026-02-13T12:05:00Z"), send_row("s-2")]
    )
    load_file("smsreports", account, content)
    before = dump_tables()
    outcome, _ = load_file("smsreports", account, content)
    assert (get_counts(outcome), dump_tables()) == ((0, 3, 0), before)


def test_two_files_share_a_broadcast(account: Account) -> None:
    load_file("smsreports", account, build_csv([send_row("s-2", sent_at="2026-02-13T12:00:00Z")]))
    outcome, _ = load_file(
        "smsreports", account, build_csv([send_row("s-1", sent_at="2026-02-06T12:00:00Z", message="Hi")])
    )
    assert (get_counts(outcome), get_errors(outcome)) == ((1, 0, 0), [])
    assert Broadcast.unscoped.count() == 1


def test_a_broadcast_is_not_rebuilt_from_an_invalid_send(account: Account) -> None:
    rows = [send_row("s-3"), send_row("s-2"), send_row("s-1", sender_id="x" * 33)]
    outcome, _ = load_file("smsreports", account, build_csv(rows))
    assert (get_counts(outcome), get_errors(outcome)) == (
        (3, 0, 1),
        [(4, "sender_id: must not be longer than 32 characters")],
    )
    assert BroadcastSend.unscoped.count() == 2


@pytest.mark.parametrize("in_two_files", [False, True])
def test_a_broadcast_with_another_name_is_rejected(account: Account, in_two_files: bool) -> None:
    rows = [send_row("s-2", broadcast_name="Winter"), send_row("s-1")]
    files = [build_csv([row]) for row in reversed(rows)] if in_two_files else [build_csv(rows)]
    rejected = [get_errors(load_file("smsreports", account, file)[0]) for file in files][-1]
    assert rejected == [(2, "broadcast_id: was loaded before with another broadcast_name")]


def test_guards_are_removed_from_files_with_a_byte_order_mark(account: Account) -> None:
    row = export_row(message="'=1", sender_id="'-Deal", status_code="'+1", client_message_id="'a")
    content = build_csv([row])
    assert get_errors(load_file("smsreports", account, BOM + content)[0]) == []
    assert stored_messages("text", "sender_id", "status_code", "client_message_id") == [("=1", "-Deal", "'+1", "'a")]
    _, imported = load_file("smsreports", account, content)
    assert imported.notes.remarks == {}


def test_rows_of_the_same_second_keep_their_order(account: Account) -> None:
    load_file("smsreports", account, build_csv([export_row(client_message_id=f"m-{n}") for n in range(5)]))
    ids = Message.unscoped.order_by("-created_at", "-id").values_list("client_message_id", flat=True)
    assert list(ids) == [f"m-{n}" for n in range(5)]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"source": "pigeon"}, "source: 'pigeon' is not known"),
        ({"cost": ""}, COST),
        ({"cost": "-1"}, COST),
        ({"cost": "NaN"}, COST),
        ({"cost": None}, "cost: is missing"),
        ({"cost": float("nan")}, "is not JSON"),
        (
            {"sent_at": "2026-02-13T12:00:00"},
            "created_at: must be a time with a time zone, such as 2026-02-13T10:30:00Z",
        ),
        (
            {"sent_at": "10000-02-13T12:00:00Z"},
            "created_at: must be a time with a time zone, such as 2026-02-13T10:30:00Z",
        ),
        ({"status": None}, "status: is missing"),
        ({"segments": "1.0"}, "segments: must be a whole number from 1 to 32767"),
        ({"client_message_id": ""}, "client_message_id: is missing"),
        ({"message": {"a": 1}}, "message: must be a plain value"),
        ({"source": "campaign"}, "broadcast_id, broadcast_name: must be given for a campaign"),
        ({"recipient": "+Bea"}, "recipient: must not have letters within a number"),
    ],
)
def test_invalid_rows_are_rejected_and_the_others_are_loaded(account: Account, fields: Row, reason: str) -> None:
    rows = [
        export_row(client_message_id="1"),
        export_row(client_message_id="2") | fields,
        export_row(client_message_id="3"),
    ]
    outcome, _ = load_file("smsreports", account, build_json_lines(*rows))
    [(line_number, error)] = get_errors(outcome)
    assert (line_number, error.startswith(reason)) == (2, True), error
    assert stored_messages("client_message_id") == [("1",), ("3",)]


def test_known_broadcasts_are_loaded_by_one_query(account: Account) -> None:
    rows = [send_row(f"s-{n}", broadcast_id=f"{n}") for n in range(30)]
    with CaptureQueriesContext(connection) as queries:
        load_file("smsreports", account, build_csv(rows))
    assert sum("startswith" in query["sql"] or "export:" in query["sql"] for query in queries) == 1
    assert Broadcast.unscoped.count() == 30
