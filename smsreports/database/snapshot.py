"""Consistent reads of several queries, in one snapshot or in one round trip."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import Protocol

from django.db import DatabaseError, OperationalError, connection, transaction
from psycopg import IsolationLevel
from psycopg.errors import QueryCanceled

from smsreports.database.compiled import CompiledQuery, ResultRow
from smsreports.exceptions import TooSlow

BEGIN, COMMIT = CompiledQuery("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"), CompiledQuery("COMMIT")

# Sets the statement timeout to the rest of a number of milliseconds since the round trip began, at least 1.
SET_REMAINING_TIMEOUT = """
    SELECT set_config('statement_timeout', greatest(
        1, %s - round(1000 * extract(epoch FROM clock_timestamp() - statement_timestamp()))
    )::int::text, true)
"""


class FetchRows(Protocol):
    """Function that runs queries in one round trip and returns the rows of each."""

    def __call__(self, *statements: CompiledQuery) -> list[list[ResultRow]]: ...


@contextmanager
def read_snapshot() -> Iterator[None]:
    """Run the block in one read-only snapshot, so that a page, its total and its sums agree during writes.

    Does nothing inside another transaction, whose snapshot cannot be changed any more.
    """
    if connection.in_atomic_block:
        yield
        return
    connection.ensure_connection()
    raw = connection.connection
    # psycopg adds both to the BEGIN that it sends anyway.
    raw.isolation_level, raw.read_only = IsolationLevel.REPEATABLE_READ, True
    try:
        with transaction.atomic():
            yield
    finally:
        if not raw.closed:
            raw.isolation_level = raw.read_only = None


def fetch_together(*statements: CompiledQuery, seconds: float | None = None) -> list[list[ResultRow]]:
    """Return the rows of each statement, read in one snapshot and one round trip.

    For a short page this takes a third of the time. Inside a transaction, such as `read_snapshot`, its snapshot is
    used. With `seconds` the statements are cancelled once they have taken that long together; later statements of the
    same transaction may take as long again.
    """
    if seconds is not None:
        # Every other result belongs to a statement that sets the timeout.
        return fetch_together(*_add_time_limits(statements, seconds))[::2]
    if connection.in_atomic_block:
        return _run_together(*statements)
    try:
        return _run_together(BEGIN, *statements, COMMIT)
    except DatabaseError:
        if not connection.connection.closed:
            connection.connection.rollback()
        raise


@contextmanager
def time_limit(seconds: int) -> Iterator[FetchRows]:
    """Yield a `fetch_together` whose calls take at most `seconds` in total. Raises TooSlow if they take longer."""
    deadline = monotonic() + seconds

    def fetch(*statements: CompiledQuery) -> list[list[ResultRow]]:
        return fetch_together(*statements, seconds=deadline - monotonic())

    try:
        yield fetch
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TooSlow(seconds) from error
        raise


def _add_time_limits(statements: Sequence[CompiledQuery], seconds: float) -> Iterator[CompiledQuery]:
    """Yield before each statement one that sets its timeout to the time that is left.

    PostgreSQL's timeout applies to each statement alone. Raw SQL, because the ORM cannot change settings.
    """
    milliseconds = max(round(seconds * 1000), 1)
    for number, statement in enumerate(statements):
        if number == 0:
            yield CompiledQuery("SET LOCAL statement_timeout = %s", [milliseconds])
        else:
            yield CompiledQuery(SET_REMAINING_TIMEOUT, [milliseconds])
        yield statement


def _run_together(*statements: CompiledQuery) -> list[list[ResultRow]]:
    results = []
    sql = "; ".join(statement.sql for statement in statements)
    with connection.cursor() as cursor:
        cursor.execute(sql, [param for statement in statements for param in statement.params])
        has_more = True
        while has_more:
            if cursor.description is not None:
                results.append(cursor.fetchall())
            has_more = cursor.nextset()
    return results
