"""Staged rows into the tables, set by set: each row once, each report by the one table of statuses.

The statements of this package are raw SQL because the ORM knows neither COPY's staging tables
nor INSERT … SELECT. They are built of our own names; a caller's values stand in the staging tables.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.backends.utils import CursorWrapper

from smsreports.ingest.merge.broadcasts import merge_broadcasts, merge_sends
from smsreports.ingest.merge.events import find_earlier, merge_events, settle_events
from smsreports.ingest.merge.messages import merge_messages
from smsreports.ingest.merge.reports import apply_reports, apply_responses

# Loaders of one account take turns, so that a request gets one head and a report sees the row it is about.
LOCK = int.from_bytes(b"smsr", "big")
STEPS = (
    merge_broadcasts,
    merge_messages,
    merge_sends,
    merge_events,
    find_earlier,
    settle_events,
    apply_reports,
    apply_responses,
)


@dataclass(frozen=True)
class Rejected:
    """A line that was not loaded, and why; or a send that had `waited` for the broadcast of that line."""

    line: int
    error: str
    waited: bool = False


def merge(cursor: CursorWrapper, accounts: Iterable[int]) -> tuple[int, list[Rejected]]:
    """Merges what is staged; returns how many lines are new, and those that cannot be.

    The caller's transaction makes it whole or nothing.
    """
    for account in sorted(accounts):
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, account])
    accepted, rejected = 0, []
    for step in STEPS:
        counted, refused = step(cursor)
        accepted += counted
        rejected += [Rejected(*row) for row in refused]
    return accepted, rejected
