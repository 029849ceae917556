"""Merge of staged rows into the tables, with set-based statements. Each row is inserted once.

The statements of this package are raw SQL because the ORM supports neither temporary tables nor INSERT … SELECT.
They are built from our own names only; a client's values are in the staging tables.
"""

from collections.abc import Collection, Iterable

from django.db.backends.utils import CursorWrapper

from smsreports.ingest.loaders import get_loader_set
from smsreports.ingest.merge.events import (
    find_referenced_rows,
    match_waiting_events,
    merge_events,
    stage_reports_of_events,
)
from smsreports.ingest.merge.reports import apply_reports, apply_responses
from smsreports.records.merge_steps import MergeResult, RejectedLine

# Loads of one account are serialized: a step sees what earlier loads stored, and a report finds its row.
LOCK_NAMESPACE = int.from_bytes(b"smsr", "big")


def merge_staged(cursor: CursorWrapper, accounts: Iterable[int], staged_tables: Collection[str]) -> MergeResult:
    """Merge the rows of these staging tables: those of each source, then what events say about them.

    The caller runs it in a transaction, so that a batch is merged whole or not at all.
    """
    for account in sorted(accounts):
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK_NAMESPACE, account])
    loaders = get_loader_set()
    accepted = 0
    rejected: list[RejectedLine] = []
    for step in loaders.steps:
        if not step.stages.isdisjoint(staged_tables):
            result = step.merge(cursor)
            accepted += result.accepted
            rejected += result.rejected
    # Without rows of a source there is nothing to match, so receipts stay cheap.
    if not loaders.source_stages.isdisjoint(staged_tables):
        match_waiting_events(cursor, loaders)
    find_referenced_rows(cursor, loaders)
    accepted += merge_events(cursor, loaders)
    stage_reports_of_events(cursor)
    apply_reports(cursor, loaders)
    apply_responses(cursor, loaders)
    return MergeResult(accepted, rejected)
