"""Staged rows into the tables, set by set: each row once, each report by the one table of statuses.

The statements of this package are raw SQL because the ORM knows neither COPY's staging tables
nor INSERT … SELECT. They are built of our own names; a caller's values stand in the staging tables.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db.backends.utils import CursorWrapper

from smsreports.ingest.merge.broadcasts import merge_broadcasts, merge_sends
from smsreports.ingest.merge.events import find_earlier, find_rows, merge_events, report_events
from smsreports.ingest.merge.keyed import Refusals
from smsreports.ingest.merge.messages import merge_messages
from smsreports.ingest.merge.reports import apply_reports, apply_responses
from smsreports.ingest.staging import TABLES

# Loaders of one account take turns, so that a request gets one head and a report sees the row it is about.
LOCK = int.from_bytes(b"smsr", "big")
Step = Callable[[CursorWrapper], tuple[int, Refusals]]
# Each with the staging tables that it is about: a batch of receipts pays for no other step.
STEPS: Sequence[tuple[Step, frozenset[str]]] = (
    (merge_broadcasts, frozenset(["stage_broadcast"])),
    (merge_messages, frozenset(["stage_message"])),
    (merge_sends, frozenset(["stage_broadcast", "stage_send"])),
    (find_earlier, frozenset(["stage_broadcast", "stage_message", "stage_send"])),
    (find_rows, frozenset(TABLES)),
    (merge_events, frozenset(TABLES)),
    (report_events, frozenset(TABLES)),
    (apply_reports, frozenset(TABLES)),
    (apply_responses, frozenset(TABLES)),
)


@dataclass(frozen=True)
class Rejected:
    """A line that was not loaded, and why; or a send that had `waited` for the broadcast of that line."""

    line: int
    error: str
    waited: bool = False


def merge(cursor: CursorWrapper, accounts: Iterable[int], staged: Collection[str]) -> tuple[int, list[Rejected]]:
    """Merges what is staged in these tables; returns how many lines are new, and those that cannot be.

    The caller's transaction makes it whole or nothing.
    """
    for account in sorted(accounts):
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, account])
    accepted, rejected = 0, []
    for step, tables in STEPS:
        if tables.isdisjoint(staged):
            continue
        counted, refused = step(cursor)
        accepted += counted
        rejected += [Rejected(*row) for row in refused]
    return accepted, rejected
