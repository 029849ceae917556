"""Whether an export runs, has finished, or broke."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from smsreports.audit.models import Export, ExportEnd
from smsreports.database.compiled import CompiledQuery


class ExportState(StrEnum):
    RUNNING = "running"
    FINISHED = "finished"
    # Also of one whose worker was killed: it has begun, holds its lock no more, and never told its end.
    BROKEN = "broken"


def resolve_states(exports: Iterable[Export]) -> dict[Any, tuple[ExportState, ExportEnd | None]]:
    """The state and the end of each, which were read with their `end`.

    One without an end runs while its transaction holds its lock. Where that is free, the transaction is over, and so
    its end, if it wrote one, is there to be read: after the lock was looked at, never before.
    """
    ends = {export: getattr(export, "end", None) for export in exports}
    open_ones = [export for export, end in ends.items() if end is None]
    held = _fetch_held_locks() if open_ones else set()
    gone = [export.pk for export in open_ones if export.lock not in held]
    late = ExportEnd.objects.in_bulk(gone) if gone else {}
    return {export: _resolve_state(export, end or late.get(export.pk), held) for export, end in ends.items()}


def _resolve_state(export: Export, end: ExportEnd | None, held: set[int]) -> tuple[ExportState, ExportEnd | None]:
    if end is not None:
        return ExportState.FINISHED if end.is_whole else ExportState.BROKEN, end
    return ExportState.RUNNING if export.lock in held else ExportState.BROKEN, None


def _fetch_held_locks() -> set[int]:
    return {lock for (lock,) in _locks_sql().fetch_all()}


def _locks_sql() -> CompiledQuery:
    """Advisory locks of one number, which PostgreSQL shows in two halves; a few at any time. No model has them."""
    return CompiledQuery(
        """
        SELECT classid::bigint << 32 | objid::bigint FROM pg_locks
        WHERE locktype = 'advisory' AND objsubid = 1 AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        """
    )
