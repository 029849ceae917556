"""States of exports: running, finished or broken."""

from collections.abc import Iterable
from enum import StrEnum

from smsreports.audit.models import Export, ExportEnd
from smsreports.database.compiled import CompiledQuery


class ExportState(StrEnum):
    RUNNING = "running"
    FINISHED = "finished"
    # Also the state of an export whose worker was killed: it has no result, and its lock is released.
    BROKEN = "broken"


def resolve_states(exports: Iterable[Export]) -> dict[Export, tuple[ExportState, ExportEnd | None]]:
    """Return the state and the result of each export. The exports are selected with their `end`.

    An export without a result is running while its transaction holds its lock. If the lock is free, the transaction
    is over, and its result is visible if it wrote one. So the results are read again after the locks, never before.
    """
    ends = {export: getattr(export, "end", None) for export in exports}
    unfinished = [export for export, end in ends.items() if end is None]
    locks = _fetch_locks() if unfinished else set()
    unlocked = [export.pk for export in unfinished if export.lock not in locks]
    late_ends = ExportEnd.objects.in_bulk(unlocked) if unlocked else {}
    return {export: _resolve_state(export, end or late_ends.get(export.pk), locks) for export, end in ends.items()}


def _resolve_state(export: Export, end: ExportEnd | None, locks: set[int]) -> tuple[ExportState, ExportEnd | None]:
    if end is not None:
        return ExportState.FINISHED if end.is_whole else ExportState.BROKEN, end
    return ExportState.RUNNING if export.lock in locks else ExportState.BROKEN, None


def _fetch_locks() -> set[int]:
    """Return the keys of all advisory locks with one key, of which there are few. No model covers them.

    PostgreSQL shows each key in two halves.
    """
    query = CompiledQuery(
        """
        SELECT classid::bigint << 32 | objid::bigint FROM pg_locks
        WHERE locktype = 'advisory' AND objsubid = 1 AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        """
    )
    return {lock for (lock,) in query.fetch_all()}
