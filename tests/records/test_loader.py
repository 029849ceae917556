"""A source whose loader states fields, a key and columns alone: the generic merge does the rest."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from messages_app.loader import LOADER as MESSAGE_LOADER
from messages_app.models import Message
from smsreports import sources
from smsreports.accounts.models import Account
from smsreports.ingest.loaders import LoaderSet, get_loader_set
from smsreports.ingest.models import Event
from smsreports.records import field_types
from smsreports.records.loader import Loader
from smsreports.records.record_kinds import (
    FINAL_IF_DELIVERED,
    FieldSpec,
    RecordKind,
    build_sms_values,
    list_staged_columns,
    make_optional,
)
from smsreports.records.sms_table import SmsTable
from smsreports.records.staging import StagingTable
from tests.ingest.conftest import LATER, NOON, Record, click, get_counts, get_errors, load_records, message, receipt

FIELDS = {
    "client_message_id": FieldSpec(field_types.ID),
    "message_id": make_optional(field_types.ID),
    "recipient": FieldSpec(field_types.PHONE),
    "country": make_optional(field_types.COUNTRY),
    "sender_id": FieldSpec(field_types.SENDER),
    "message": FieldSpec(field_types.BODY, column="text"),
    "status": make_optional(field_types.STATUS, "pending"),
    "status_code": make_optional(field_types.CODE, ""),
    "segments": make_optional(field_types.SEGMENTS),
    "cost": make_optional(field_types.COST, "0"),
    "created_at": FieldSpec(field_types.TIME),
    "delivered_at": make_optional(field_types.TIME),
}
CHATS = SmsTable(
    StagingTable("stage_chat", {**list_staged_columns(FIELDS), "status_at": "timestamptz"}),
    "scratch_chat",
    "client_message_id",
    {"recipient": "recipient", "text": "message", "cost": "cost", "created_at": "created_at"},
    references=("client_message_id", "message_id"),
)
LOADER = Loader({"chat": RecordKind(FIELDS, CHATS.stage, build_sms_values, FINAL_IF_DELIVERED)}, CHATS)


@pytest.fixture(autouse=True)
def chat_source(account: Account, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Source with a scratch table; all tables are rolled back with the test."""
    columns = ", ".join(f"{name} {sql_type}" for name, sql_type in CHATS.stage.columns.items())
    with connection.cursor() as cursor:
        cursor.execute("DISCARD TEMP")
        cursor.execute(
            "CREATE TABLE scratch_chat (id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, account_id bigint,"
            f" {columns}, UNIQUE (account_id, client_message_id))"
        )
    source = replace(sources.get_sources()[0], slug="chats", loader=LOADER)
    monkeypatch.setitem(sources._sources, source.slug, source)
    get_loader_set.cache_clear()
    yield
    get_loader_set.cache_clear()


def chat(key: str = "m-1", **fields: Any) -> Record:
    """Return the record of a chat message."""
    return message(key, type="chat") | fields


def read_chats(*columns: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(columns)} FROM scratch_chat ORDER BY id")
        rows: list[tuple[object, ...]] = cursor.fetchall()
    return rows


def test_new_rows_are_inserted_with_their_defaults() -> None:
    assert get_counts(load_records(chat("m-2", message="я" * 71), chat("m-1"), chat("m-1"))) == (2, 1, 0)
    assert read_chats("client_message_id", "country", "segments", "status") == [
        ("m-2", "US", 2, "pending"),
        ("m-1", "US", 1, "pending"),
    ]


def test_a_repeated_row_with_another_constant_is_rejected() -> None:
    result = load_records(chat(), chat(message="Bye", cost="1"))
    assert get_errors(result) == [(2, "conflicts with what is known: message, cost")]


def test_a_repeated_row_reports_its_status() -> None:
    load_records(chat())
    assert get_counts(load_records(chat(status="DELIVRD", delivered_at=LATER))) == (0, 1, 0)
    assert read_chats("status", "delivered_at = status_at") == [("DELIVRD", True)]


@pytest.mark.parametrize("reference", [{"client_message_id": "m-1"}, {"message_id": "c-1"}])
@pytest.mark.parametrize("is_early", [False, True])
def test_a_receipt_applies_by_either_reference(reference: Record, is_early: bool) -> None:
    records = [chat(message_id="c-1"), receipt(**reference, at=LATER)]
    for record in reversed(records) if is_early else records:
        load_records(record)
    assert read_chats("status") == [("DELIVRD",)]
    assert not Event.unscoped.get().waits


def test_a_carrier_id_may_come_later_but_not_change() -> None:
    load_records(receipt(message_id="c-1"), chat())
    load_records(chat(message_id="c-1"))
    assert read_chats("message_id", "status") == [("c-1", "DELIVRD")]
    assert get_errors(load_records(chat(message_id="c-2"))) == [(1, "conflicts with what is known: message_id")]


@pytest.mark.parametrize("types", [("message", "chat"), ("chat", "message")])
def test_a_receipt_applies_to_the_sms_of_both_sources_with_its_client_id(types: tuple[str, str]) -> None:
    """The order does not matter: a client id is not unique once two sources have it."""
    load_records(message(type=types[0]), receipt(client_message_id="m-1"))
    load_records(message(type=types[1]))
    assert Message.unscoped.get().status == "DELIVRD"
    assert read_chats("status") == [("DELIVRD",)]


def test_a_click_waits_for_an_sms_that_takes_responses() -> None:
    load_records(chat(message_id="c-1"), click("c-1"))
    assert Event.unscoped.get().waits


def test_a_row_of_an_export_becomes_a_record_again(account: Account) -> None:
    row = {"source": "chat", "sent_at": NOON, "client_message_id": "m-1", "text": "Hello", "clicked_at": None}
    [record] = LOADER.get_row_importer(account)(row)
    assert record == {"type": "chat", "client_message_id": "m-1", "message": "Hello", "created_at": NOON}


def test_its_type_is_listed_before_the_types_of_events() -> None:
    assert list(get_loader_set().kinds) == ["message", "broadcast", "send", "chat", "receipt", "click", "action"]


def test_two_loaders_with_one_type_of_record_are_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"two loaders have records of type message$"):
        assert LoaderSet([MESSAGE_LOADER, MESSAGE_LOADER]).kinds
