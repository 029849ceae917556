"""SMS of which nobody says anything final, as receipts that close them."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

import orjson
from django.db.models import F

from smsreports.accounts.models import Account
from smsreports.api.legs import Leg
from smsreports.dialects.cursor import Place
from smsreports.ingest.load import BATCH_LINES, Line
from smsreports.sources import Rows, registered
from smsreports.statements import Statement
from smsreports.statuses import UNREPORTED, Group

# The client's id, the carrier's, and the time of the status; then the row's place.
COLUMNS = ("client_message_id", "message_id", "at", "time", "id")


def closing(accounts: Iterable[Account], before: datetime) -> Iterator[Line]:
    """A line for each SMS that has been on its way since `before`, oldest first within an account and a source.

    The receipt's time is that of the status it ends: the same whenever it is written, and not after any
    receipt that is still to come.
    """
    number = 0
    for account in accounts:
        for source in registered():
            for client, carrier, at in _on_their_way(_silent(source.sms), account, before):
                number += 1
                reference = {"client_message_id": client} if client is not None else {"message_id": carrier}
                record = {"type": "receipt", "account": account.name, "status": UNREPORTED, "at": at} | reference
                yield number, orjson.dumps(record)


def _on_their_way(rows: Rows, account: Account, before: datetime) -> Iterator[tuple[Any, ...]]:
    """Page by page out of the index of a status group, which those that are closed have left."""
    pending = Leg(rows, {"account": account.pk, "status": Group.PENDING, "until": before})
    leg = pending
    while page := _first(leg).rows():
        yield from ((client, carrier, at) for client, carrier, at, *_ in page if at < before)
        *_, time, last = page[-1]
        leg = pending.before(Place(time, rows.label, last))


def _first(leg: Leg) -> Statement:
    rows = leg.shaped(COLUMNS, "")
    return Statement(f"{rows.sql} LIMIT %s", [*rows.params, BATCH_LINES])


@cache
def _silent(rows: Rows) -> Rows:
    """The same rows, showing what a closing receipt names."""
    own = {"at": F("status_at"), "time": F(rows.time), "id": F("id")}
    return replace(rows, columns={name: own.get(name) or rows.columns[name] for name in COLUMNS})
