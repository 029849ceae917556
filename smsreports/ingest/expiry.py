"""SMS of which nobody says anything final, as receipts that close them."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

import orjson
from django.db.models import F

from smsreports.accounts.models import Account
from smsreports.database.compiled import CompiledQuery
from smsreports.ingest.load import BATCH_LINES, NumberedLine
from smsreports.queries.cursor import Position
from smsreports.queries.source_query import SourceQuery
from smsreports.sms.statuses import UNREPORTED, StatusGroup
from smsreports.sources import SourceTable, get_sources

# The client's id, the carrier's, and the time of the status; then the row's place.
EXPIRY_COLUMNS = ("client_message_id", "message_id", "at", "time", "id")


def build_expiry_receipts(accounts: Iterable[Account], pending_since: datetime) -> Iterator[NumberedLine]:
    """A line for each SMS that has been on its way since `pending_since`, oldest first within an account and a source.

    The receipt's time is that of the status it ends: the same whenever it is written, and not after any
    receipt that is still to come.
    """
    number = 0
    for account in accounts:
        for source in get_sources():
            for client, carrier, at in _iterate_pending(_select_expiry_columns(source.sms), account, pending_since):
                number += 1
                reference = {"client_message_id": client} if client is not None else {"message_id": carrier}
                record = {"type": "receipt", "account": account.name, "status": UNREPORTED, "at": at} | reference
                yield number, orjson.dumps(record)


def _iterate_pending(rows: SourceTable, account: Account, pending_since: datetime) -> Iterator[tuple[Any, ...]]:
    """Page by page out of the index of a status group, which those that are closed have left."""
    pending = SourceQuery(rows, {"account": account.pk, "status": StatusGroup.PENDING, "until": pending_since})
    leg = pending
    while page := _build_page_query(leg).fetch_all():
        yield from ((client, carrier, at) for client, carrier, at, *_ in page if at < pending_since)
        *_, time, last = page[-1]
        leg = pending.before_position(Position(time, rows.source_label, last))


def _build_page_query(leg: SourceQuery) -> CompiledQuery:
    rows = leg.select_ordered(EXPIRY_COLUMNS, "")
    return CompiledQuery(f"{rows.sql} LIMIT %s", [*rows.params, BATCH_LINES])


@cache
def _select_expiry_columns(rows: SourceTable) -> SourceTable:
    """The same rows, showing what a closing receipt names."""
    expressions = {"at": F("status_at"), "time": F(rows.time_field), "id": F("id")}
    return replace(rows, columns={name: expressions.get(name) or rows.columns[name] for name in EXPIRY_COLUMNS})
