"""One snapshot for everything that a request reads."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import Any

from django.db import DatabaseError, OperationalError, connection, transaction
from psycopg import IsolationLevel
from psycopg.errors import QueryCanceled

from smsreports.api.errors import TooSlow
from smsreports.statements import Statement

BEGIN, COMMIT = Statement("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"), Statement("COMMIT")

# What is left of so many milliseconds since the round trip began.
REST = """
    SELECT set_config('statement_timeout', greatest(
        1, %s - round(1000 * extract(epoch FROM clock_timestamp() - statement_timestamp()))
    )::int::text, true)
"""


@contextmanager
def snapshot() -> Iterator[None]:
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


def at_once(*statements: Statement, seconds: float | None = None) -> list[list[tuple[Any, ...]]]:
    """The rows of each statement, all of one snapshot and in one round trip: for a short page that is a third of
    the time. Inside `snapshot`, or another transaction, of that one's.

    With `seconds` all of them together are cancelled after so long; what follows in the same transaction may take as
    long again.
    """
    if seconds is not None:
        # Every other result is that of setting the time.
        return at_once(*_limited(statements, seconds))[::2]
    if connection.in_atomic_block:
        return _run(*statements)
    try:
        return _run(BEGIN, *statements, COMMIT)
    except DatabaseError:
        if not connection.connection.closed:
            connection.connection.rollback()
        raise


@contextmanager
def time_limit(seconds: int) -> Iterator[Callable[..., list[list[tuple[Any, ...]]]]]:
    """Yield an `at_once` whose calls together take at most `seconds`; raises TooSlow where they would take longer."""
    end = monotonic() + seconds

    def read(*statements: Statement) -> list[list[tuple[Any, ...]]]:
        return at_once(*statements, seconds=end - monotonic())

    try:
        yield read
    except OperationalError as fault:
        if isinstance(fault.__cause__, QueryCanceled):
            raise TooSlow(seconds) from fault
        raise


def _limited(statements: Sequence[Statement], seconds: float) -> Iterator[Statement]:
    """PostgreSQL's timeout is for each statement alone, so those after the first get what is left. The ORM knows no
    settings."""
    milliseconds = max(round(seconds * 1000), 1)
    for number, statement in enumerate(statements):
        if number == 0:
            yield Statement("SET LOCAL statement_timeout = %s", [milliseconds])
        else:
            yield Statement(REST, [milliseconds])
        yield statement


def _run(*statements: Statement) -> list[list[tuple[Any, ...]]]:
    found = []
    with connection.cursor() as cursor:
        cursor.execute("; ".join(one.sql for one in statements), [param for one in statements for param in one.params])
        more = True
        while more:
            if cursor.description is not None:
                found.append(cursor.fetchall())
            more = cursor.nextset()
    return found
