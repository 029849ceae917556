"""One snapshot for everything that a request reads."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DatabaseError, connection, transaction
from psycopg import IsolationLevel

from smsreports.statements import Statement

BEGIN, COMMIT = Statement("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"), Statement("COMMIT")


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


def at_once(*statements: Statement) -> list[list[tuple[Any, ...]]]:
    """The rows of each statement, all of one snapshot and in one round trip: for a short page that is a third of
    the time. Inside `snapshot`, or another transaction, of that one's."""
    if connection.in_atomic_block:
        return _run(*statements)
    try:
        return _run(BEGIN, *statements, COMMIT)
    except DatabaseError:
        if not connection.connection.closed:
            connection.connection.rollback()
        raise


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
