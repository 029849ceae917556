"""Rows of our own exports: what is rebuilt from them, and what is refused."""

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
from tests.ingest.conftest import counts, dump, reasons
from tests.ingest.providers.conftest import load_file, stored, table
from tests.ingest.providers.rows import Row, sms

COST = "cost: must be from 0 to 999999.999999, with at most 6 decimals"


def send(key: str, **fields: Any) -> Row:
    own = {"source": "campaign", "message_id": key, "client_message_id": "", "broadcast_id": "17"}
    return sms() | own | {"broadcast_name": "Promo"} | fields


def lines(*rows: Row) -> bytes:
    return "".join(f"{json.dumps(row)}\n" for row in rows).encode()


def test_a_message_is_loaded_with_what_its_row_tells(account: Account) -> None:
    outcome, _ = load_file("smsreports", account, table([sms()]))
    assert counts(outcome) == (1, 0, 0)
    assert stored("client_message_id", "request_key", "message_id", "country", "sent_at", "text") == [
        ("m-1", "m-1", None, "US", None, "Hello")
    ]


def test_a_broadcast_is_what_its_oldest_send_tells(account: Account) -> None:
    newest = send("s-2", sent_at="2026-02-13T12:00:01Z", message="Hi Bea", sender_id="Other")
    outcome, _ = load_file("smsreports", account, table([newest, send("s-1", message="Hi Al")]))
    assert counts(outcome) == (3, 0, 0)
    found = Broadcast.everyones.values_list("key", "name", "text", "sender_id", "contact_group_id", "created_at")
    noon = datetime(2026, 2, 13, 12, tzinfo=UTC)
    assert list(found) == [("export:17", "Promo", "Hi Al", "MyApp", None, noon)]
    assert list(BroadcastSend.everyones.order_by("id").values_list("message_id", "text")) == [
        ("s-1", "Hi Al"),
        ("s-2", "Hi Bea"),
    ]


def test_a_page_of_the_list_is_read_too(account: Account) -> None:
    null = {name: value or None for name, value in sms(cost=0.0085, segments=1, clicked=False).items()}
    page = json.dumps({"messages": [null], "total": 1, "page": 1, "limit": 25, "total_pages": 1}).encode()
    outcome, imported = load_file("smsreports", account, page)
    assert (counts(outcome), imported.notes.unknown_columns) == ((1, 0, 0), set())


def test_importing_twice_changes_nothing(account: Account) -> None:
    content = table([sms(), send("s-1", clicked="true", clicked_at="2026-02-13T12:05:00Z"), send("s-2")])
    load_file("smsreports", account, content)
    before = dump()
    outcome, _ = load_file("smsreports", account, content)
    assert (counts(outcome), dump()) == ((0, 3, 0), before)


def test_files_of_two_weeks_share_a_broadcast(account: Account) -> None:
    load_file("smsreports", account, table([send("s-2", sent_at="2026-02-13T12:00:00Z")]))
    outcome, _ = load_file("smsreports", account, table([send("s-1", sent_at="2026-02-06T12:00:00Z", message="Hi")]))
    assert (counts(outcome), reasons(outcome)) == ((1, 0, 0), [])
    assert Broadcast.everyones.count() == 1


def test_a_send_that_cannot_be_loaded_tells_nothing_of_its_broadcast(account: Account) -> None:
    rows = [send("s-3"), send("s-2"), send("s-1", sender_id="x" * 33)]
    outcome, _ = load_file("smsreports", account, table(rows))
    assert (counts(outcome), reasons(outcome)) == (
        (3, 0, 1),
        [(4, "sender_id: must not be longer than 32 characters")],
    )
    assert BroadcastSend.everyones.count() == 2


@pytest.mark.parametrize("apart", [False, True])
def test_a_broadcast_of_another_name_is_another_one(account: Account, apart: bool) -> None:
    rows = [send("s-2", broadcast_name="Winter"), send("s-1")]
    files = [table([row]) for row in reversed(rows)] if apart else [table(rows)]
    refused = [reasons(load_file("smsreports", account, file)[0]) for file in files][-1]
    assert refused == [(2, "broadcast_id: was loaded before with another broadcast_name")]


def test_guards_are_taken_off_where_a_file_has_the_mark_of_spreadsheets(account: Account) -> None:
    row = sms(message="'=1", sender_id="'-Deal", status_code="'+1", client_message_id="'a")
    content = table([row])
    assert reasons(load_file("smsreports", account, BOM + content)[0]) == []
    assert stored("text", "sender_id", "status_code", "client_message_id") == [("=1", "-Deal", "'+1", "'a")]
    _, imported = load_file("smsreports", account, content)
    assert imported.notes.remarks == {}


def test_rows_of_the_same_second_keep_their_order(account: Account) -> None:
    load_file("smsreports", account, table([sms(client_message_id=f"m-{n}") for n in range(5)]))
    found = Message.everyones.order_by("-created_at", "-id").values_list("client_message_id", flat=True)
    assert list(found) == [f"m-{n}" for n in range(5)]


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
        ({"recipient": "Bea"}, "recipient: must be a phone number in international form, + and up to 15 digits"),
    ],
)
def test_what_cannot_be_taken_is_refused_and_the_rest_is_loaded(account: Account, fields: Row, reason: str) -> None:
    rows = [sms(client_message_id="1"), sms(client_message_id="2") | fields, sms(client_message_id="3")]
    outcome, _ = load_file("smsreports", account, lines(*rows))
    [(line, told)] = reasons(outcome)
    assert (line, told.startswith(reason)) == (2, True), told
    assert stored("client_message_id") == [("1",), ("3",)]


def test_broadcasts_are_looked_up_once_however_many_there_are(account: Account) -> None:
    rows = [send(f"s-{n}", broadcast_id=f"{n}") for n in range(30)]
    with CaptureQueriesContext(connection) as queries:
        load_file("smsreports", account, table(rows))
    assert sum("startswith" in one["sql"] or "export:" in one["sql"] for one in queries) == 1
    assert Broadcast.everyones.count() == 30
