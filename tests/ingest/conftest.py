"""Records as dicts, the loader, its commands, and what is in the tables afterwards."""

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.management import call_command
from django.db import connection

from smsreports.ingest.load import AccountResolver, BatchResult, LoadTotals, load_lines

Record = dict[str, Any]
NOON = "2026-02-13T12:00:00Z"
TABLES = (
    "accounts_account",
    "messages_app_message",
    "broadcasts_app_broadcast",
    "broadcasts_app_broadcastsend",
    "ingest_event",
    "ingest_waitingsend",
)


def message(key: str = "m-1", **fields: Any) -> Record:
    """A message with all that must be there, and `fields`."""
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


def numbered(records: Iterable[Mapping[str, Any] | bytes]) -> list[tuple[int, bytes]]:
    """Lines of a file, from 1: records, and bytes as they are."""
    return [
        (number, record if isinstance(record, bytes) else json.dumps(record).encode())
        for number, record in enumerate(records, start=1)
    ]


def loaded(*records: Mapping[str, Any] | bytes, create: bool = False) -> BatchResult:
    """What becomes of a file of these lines, as one outcome."""
    whole = BatchResult()
    for outcome in load_lines(numbered(records), AccountResolver(create=create)):
        whole.accepted += outcome.accepted
        whole.duplicates += outcome.duplicates
        whole.rejected += outcome.rejected
    return whole


def counts(outcome: BatchResult) -> tuple[int, int, int]:
    """How many were accepted, duplicates and rejected."""
    summed = LoadTotals()
    summed.add_batch(outcome)
    return summed.accepted, summed.duplicates, summed.rejected


def reasons(outcome: BatchResult) -> list[tuple[int, str]]:
    return [(one.line, one.error) for one in outcome.rejected]


def run(*arguments: str, stdin: bytes = b"") -> tuple[str, str]:
    """What a command prints and complains of; CommandError where it would end with exit code 1."""
    printed, complained = io.StringIO(), io.StringIO()
    given: dict[str, Any] = {"stdin": io.BytesIO(stdin)} if stdin else {}
    call_command(*arguments, stdout=printed, stderr=complained, **given)
    return printed.getvalue(), complained.getvalue()


def dump() -> dict[str, Sequence[tuple[Any, ...]]]:
    """Every row of every table that a load writes, with its id; but not how often an event came."""
    with connection.cursor() as cursor:
        found = {}
        for table in TABLES:
            cursor.execute(f"SELECT to_jsonb(t) - '{{times_received,repeated_at}}'::text[] FROM {table} t ORDER BY id")
            found[table] = cursor.fetchall()
    return found
