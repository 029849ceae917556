"""Merge of staged rows into the tables, with set-based statements. Each row is inserted once.

The statements of this package are raw SQL because the ORM supports neither temporary tables nor INSERT … SELECT.
They are built from our own names only; a client's values are in the staging tables.
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

# Loads of one account are serialized, so that a request gets one head and a report finds its row.
LOCK_NAMESPACE = int.from_bytes(b"smsr", "big")
MergeStep = Callable[[CursorWrapper], tuple[int, Rejections]]
# Steps with the staging tables that they read. Steps without staged rows are skipped, so receipts stay cheap.
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
    """A line that was not loaded, with its error. If `waited`, a send that waited for the broadcast of that line."""

    line: int
    error: str
    waited: bool = False


def merge_staged(
    cursor: CursorWrapper, accounts: Iterable[int], staged_tables: Collection[str]
) -> tuple[int, list[RejectedLine]]:
    """Merge the rows of these staging tables; return the number of new lines, and the rejected lines.

    The caller runs it in a transaction, so that a batch is merged whole or not at all.
    """
    for account in sorted(accounts):
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK_NAMESPACE, account])
    accepted, rejected = 0, []
    for step, tables in MERGE_STEPS:
        if tables.isdisjoint(staged_tables):
            continue
        new_lines, conflicts = step(cursor)
        accepted += new_lines
        rejected += [RejectedLine(*row) for row in conflicts]
    return accepted, rejected
