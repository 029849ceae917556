"""One snapshot for everything that a request reads."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import Any

from django.db import DatabaseError, OperationalError, connection, transaction
from psycopg import IsolationLevel
from psycopg.errors import QueryCanceled

from smsreports.database.compiled import CompiledQuery
from smsreports.exceptions import TooSlow

BEGIN, COMMIT = CompiledQuery("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"), CompiledQuery("COMMIT")

# What is left of so many milliseconds since the round trip began.
REST = """
    SELECT set_config('statement_timeout', greatest(
        1, %s - round(1000 * extract(epoch FROM clock_timestamp() - statement_timestamp()))
    )::int::text, true)
"""


@contextmanager
def read_snapshot() -> Iterator[None]:
    """A page, its total and its sums agree, whatever is written meanwhile; nothing can be written inside.

    Inside another transaction it does nothing: that one's snapshot cannot be changed any more.
    """
    if connection.in_atomic_block:
        yield
        return
    connection.ensure_connection()
    raw = connection.connection
    # psycopg says both in the BEGIN that it sends anyway.
    raw.isolation_level, raw.read_only = IsolationLevel.REPEATABLE_READ, True
    try:
        with transaction.atomic():
            yield
    finally:
        if not raw.closed:
            raw.isolation_level = raw.read_only = None


def fetch_together(*statements: CompiledQuery, seconds: float | None = None) -> list[list[tuple[Any, ...]]]:
    """The rows of each statement, all of one snapshot and in one round trip: for a short page that is a third of
    the time. Inside `snapshot`, or another transaction, of that one's.

    With `seconds` all of them together are cancelled after so long; what follows in the same transaction may take as
    long again.
    """
    if seconds is not None:
        # Every other result is that of setting the time.
        return fetch_together(*_limited(statements, seconds))[::2]
    if connection.in_atomic_block:
        return _run_together(*statements)
    try:
        return _run_together(BEGIN, *statements, COMMIT)
    except DatabaseError:
        if not connection.connection.closed:
            connection.connection.rollback()
        raise


@contextmanager
def time_limit(seconds: int) -> Iterator[Callable[..., list[list[tuple[Any, ...]]]]]:
    """Yield an `at_once` whose calls together take at most `seconds`; raises TooSlow where they would take longer."""
    end = monotonic() + seconds

    def read(*statements: CompiledQuery) -> list[list[tuple[Any, ...]]]:
        return fetch_together(*statements, seconds=end - monotonic())

    try:
        yield read
    except OperationalError as fault:
        if isinstance(fault.__cause__, QueryCanceled):
            raise TooSlow(seconds) from fault
        raise


def _limited(statements: Sequence[CompiledQuery], seconds: float) -> Iterator[CompiledQuery]:
    """PostgreSQL's timeout is for each statement alone, so those after the first get what is left. The ORM knows no
    settings."""
    milliseconds = max(round(seconds * 1000), 1)
    for number, statement in enumerate(statements):
        if number == 0:
            yield CompiledQuery("SET LOCAL statement_timeout = %s", [milliseconds])
        else:
            yield CompiledQuery(REST, [milliseconds])
        yield statement


def _run_together(*statements: CompiledQuery) -> list[list[tuple[Any, ...]]]:
    found = []
    with connection.cursor() as cursor:
        cursor.execute("; ".join(one.sql for one in statements), [param for one in statements for param in one.params])
        more = True
        while more:
            if cursor.description is not None:
                found.append(cursor.fetchall())
            more = cursor.nextset()
    return found
