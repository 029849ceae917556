"""Staged rows into the tables, set by set: each row once, each report by the one table of statuses.

The statements of this package are raw SQL because the ORM knows neither COPY's staging tables
nor INSERT … SELECT. They are built of our own names; a caller's values stand in the staging tables.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db.backends.utils import CursorWrapper

from smsreports.ingest.merge.broadcasts import merge_broadcasts, merge_sends
from smsreports.ingest.merge.events import (
    find_referenced_rows,
    match_waiting_events,
    merge_events,
    stage_reports_of_events,
)
from smsreports.ingest.merge.keyed_table import Rejections
from smsreports.ingest.merge.messages import merge_messages
from smsreports.ingest.merge.reports import apply_reports, apply_responses
from smsreports.ingest.staging import STAGING_TABLES

# Loaders of one account take turns, so that a request gets one head and a report sees the row it is about.
LOCK_NAMESPACE = int.from_bytes(b"smsr", "big")
MergeStep = Callable[[CursorWrapper], tuple[int, Rejections]]
# Each with the staging tables that it is about: a batch of receipts pays for no other step.
MERGE_STEPS: Sequence[tuple[MergeStep, frozenset[str]]] = (
    (merge_broadcasts, frozenset(["stage_broadcast"])),
    (merge_messages, frozenset(["stage_message"])),
    (merge_sends, frozenset(["stage_broadcast", "stage_send"])),
    (match_waiting_events, frozenset(["stage_broadcast", "stage_message", "stage_send"])),
    (find_referenced_rows, frozenset(STAGING_TABLES)),
    (merge_events, frozenset(STAGING_TABLES)),
    (stage_reports_of_events, frozenset(STAGING_TABLES)),
    (apply_reports, frozenset(STAGING_TABLES)),
    (apply_responses, frozenset(STAGING_TABLES)),
)


@dataclass(frozen=True)
class RejectedLine:
    """A line that was not loaded, and why; or a send that had `waited` for the broadcast of that line."""

    line: int
    error: str
    waited: bool = False


def merge_staged(
    cursor: CursorWrapper, accounts: Iterable[int], staged_tables: Collection[str]
) -> tuple[int, list[RejectedLine]]:
    """Merges what is staged in these tables; returns how many lines are new, and those that cannot be.

    The caller's transaction makes it whole or nothing.
    """
    for account in sorted(accounts):
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK_NAMESPACE, account])
    accepted, rejected = 0, []
    for step, tables in MERGE_STEPS:
        if tables.isdisjoint(staged_tables):
            continue
        counted, conflicts = step(cursor)
        accepted += counted
        rejected += [RejectedLine(*row) for row in conflicts]
    return accepted, rejected
