"""Helpers that build records, load them, run commands and dump the tables."""

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from smsreports.ingest import load as loading
from smsreports.ingest.load import AccountResolver, BatchResult, LoadTotals, load_lines

Record = dict[str, Any]
NOON = "2026-02-13T12:00:00Z"
LATER = "2026-02-13T12:00:05Z"
TABLES = (
    "accounts_account",
    "messages_app_message",
    "broadcasts_app_broadcast",
    "broadcasts_app_broadcastsend",
    "ingest_event",
    "broadcasts_app_waitingsend",
)


def message(key: str = "m-1", **fields: Any) -> Record:
    """Return a record with the required keys of a message, and `fields`."""
    record = {"type": "message", "account": "acme", "client_message_id": key, "recipient": "+14155551234"}
    return record | {"sender_id": "MyApp", "message": "Hello", "created_at": NOON} | fields


def broadcast(key: str = "promo", **fields: Any) -> Record:
    record = {"type": "broadcast", "account": "acme", "broadcast": key, "name": "Promo", "message": "50% off"}
    return record | {"sender_id": "Promo", "created_at": NOON} | fields


def send(key: str = "s-1", **fields: Any) -> Record:
    record = {"type": "send", "account": "acme", "broadcast": "promo", "message_id": key}
    return record | {"recipient": "+442071838750", "sent_at": NOON} | fields


def receipt(**fields: Any) -> Record:
    return {"type": "receipt", "account": "acme", "status": "DELIVRD", "at": NOON} | fields


def click(key: str = "s-1", **fields: Any) -> Record:
    return {"type": "click", "account": "acme", "message_id": key, "at": NOON} | fields


def action(key: str = "s-1", **fields: Any) -> Record:
    return click(key, type="action") | {"action_type": "payment"} | fields


def number_lines(records: Iterable[Mapping[str, Any] | bytes]) -> list[tuple[int, bytes]]:
    """Return the lines of a file, numbered from 1. Bytes are kept as they are."""
    return [
        (number, record if isinstance(record, bytes) else json.dumps(record).encode())
        for number, record in enumerate(records, start=1)
    ]


def load_records(*records: Mapping[str, Any] | bytes, create: bool = False) -> BatchResult:
    """Load the lines as one file; return the summed result of its batches."""
    total = BatchResult()
    for result in load_lines(number_lines(records), AccountResolver(create=create)):
        total.accepted += result.accepted
        total.duplicates += result.duplicates
        total.rejected += result.rejected
    return total


def get_counts(result: BatchResult) -> tuple[int, int, int]:
    """Return the numbers of accepted, duplicate and rejected lines."""
    totals = LoadTotals()
    totals.add_batch(result)
    return totals.accepted, totals.duplicates, totals.rejected


def get_errors(result: BatchResult) -> list[tuple[int, str]]:
    return [(rejected.line, rejected.error) for rejected in result.rejected]


def run_command(*arguments: str, stdin: bytes = b"") -> tuple[str, str]:
    """Run a command; return its standard output and error. Raises CommandError where it exits with code 1."""
    stdout, stderr = io.StringIO(), io.StringIO()
    options: dict[str, Any] = {"stdin": io.BytesIO(stdin)} if stdin else {}
    call_command(*arguments, stdout=stdout, stderr=stderr, **options)
    return stdout.getvalue(), stderr.getvalue()


def dump_tables() -> dict[str, Sequence[tuple[Any, ...]]]:
    """Return all rows of the tables that a load writes, with their ids but without the repetitions of events."""
    with connection.cursor() as cursor:
        rows = {}
        for table in TABLES:
            cursor.execute(f"SELECT to_jsonb(t) - '{{times_received,repeated_at}}'::text[] FROM {table} t ORDER BY id")
            rows[table] = cursor.fetchall()
    return rows


# Records of each kind, some of which wait.
TRAFFIC = [
    send("s-early", broadcast="later"),
    broadcast(),
    send(clicked_at=LATER, action_type="payment", action_at=LATER),
    message("m-1", request_id="r"),
    message("m-0", request_id="r", message_id="c-0"),
    receipt(client_message_id="m-1", at=LATER),
    receipt(message_id="c-0", status="EXPIRED", at=LATER),
    receipt(client_message_id="m-unknown"),
    click(at=NOON),
    action(at=NOON, action_type="registration"),
]


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(loading, "BATCH_LINES", 3)
    return 3
