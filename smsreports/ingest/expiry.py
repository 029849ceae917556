"""SMS of which nobody says anything final, as receipts that close them."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import orjson
from django.db.models import F

from smsreports.accounts.models import Account
from smsreports.api.listing import Leg
from smsreports.dialects.cursor import Place
from smsreports.ingest.load import BATCH_LINES, Line
from smsreports.sources import Rows, registered
from smsreports.statuses import UNREPORTED, Group


def closing(accounts: Iterable[Account], before: datetime) -> Iterator[Line]:
    """A line for each SMS that has been on its way since `before`, oldest first within an account and a source.

    The receipt's time is that of the status it ends: the same whenever it is written, and not after any
    receipt that is still to come.
    """
    number = 0
    for account in accounts:
        for source in registered():
            for client, carrier, at in _on_their_way(source.sms, account, before):
                number += 1
                reference = {"client_message_id": client} if client is not None else {"message_id": carrier}
                record = {"type": "receipt", "account": account.name, "status": UNREPORTED, "at": at} | reference
                yield number, orjson.dumps(record)


def _on_their_way(rows: Rows, account: Account, before: datetime) -> Iterator[tuple[Any, ...]]:
    """Page by page out of the index of a status group, which those that are closed have left."""
    old = rows.of(account).filter(
        **{"status_group": Group.PENDING, "status_at__lt": before, f"{rows.time}__lt": before}
    )
    columns = {"time": F(rows.time), "id": F("id"), "at": F("status_at")}
    columns |= {name: rows.columns[name] for name in ("client_message_id", "message_id")}
    leg = Leg(old, rows.time, rows.label, columns)
    while page := list(leg.shaped(["client_message_id", "message_id", "at", "time", "id"], "")[:BATCH_LINES]):
        yield from (row[:3] for row in page)
        *_, time, last = page[-1]
        leg = leg.before(Place(time, rows.label, last))
