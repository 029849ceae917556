"""Receipts that close SMS without a final status."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cache

import orjson
from django.db.models import F

from smsreports.accounts.models import Account
from smsreports.database.compiled import CompiledQuery
from smsreports.ingest.load import BATCH_LINES, NumberedLine
from smsreports.queries.cursor import Position
from smsreports.queries.source_query import SourceQuery
from smsreports.sms.statuses import UNREPORTED, StatusGroup
from smsreports.sms.windows import Window
from smsreports.sources import SourceTable, get_sources

# The client's id, the carrier's id and the time of the status; then the row's keyset position.
EXPIRY_COLUMNS = ("client_message_id", "message_id", "at", "time", "id")


def build_expiry_receipts(accounts: Iterable[Account], pending_since: datetime) -> Iterator[NumberedLine]:
    """Yield a receipt line for each SMS pending since before `pending_since`, oldest first per account and source.

    The receipt carries the time of the status it replaces. So it is the same whenever it is written, and never later
    than a receipt that is still to come.
    """
    number = 0
    for account in accounts:
        for source in get_sources():
            rows = _select_expiry_columns(source.sms)
            for client_id, carrier_id, at in _iterate_pending(rows, account, pending_since):
                number += 1
                reference = {"client_message_id": client_id} if client_id is not None else {"message_id": carrier_id}
                record = {"type": "receipt", "account": account.name, "status": UNREPORTED, "at": at} | reference
                yield number, orjson.dumps(record)


def _iterate_pending(
    rows: SourceTable, account: Account, pending_since: datetime
) -> Iterator[tuple[str | None, str | None, datetime]]:
    """Yield the ids and status time of pending SMS, one page of BATCH_LINES rows per query.

    The pages come from the index of the status group; SMS that were closed are no longer in it.
    """
    window = Window(end=pending_since)
    pending = SourceQuery(rows, {"account": account.pk, "status": StatusGroup.PENDING, "period": window})
    source_query = pending
    while True:
        ordered = source_query.select_ordered(EXPIRY_COLUMNS, "")
        page = CompiledQuery(f"{ordered.sql} LIMIT %s", [*ordered.params, BATCH_LINES]).fetch_all()
        if not page:
            return
        yield from ((client_id, carrier_id, at) for client_id, carrier_id, at, *_ in page if at < pending_since)
        *_, time, last_id = page[-1]
        source_query = pending.before_position(Position(time, rows.source_label, last_id))


@cache
def _select_expiry_columns(rows: SourceTable) -> SourceTable:
    """Return the same rows with the columns that an expiry receipt needs."""
    return rows.with_columns("client_message_id", "message_id", "id", at=F("status_at"), time=F(rows.time_field))
