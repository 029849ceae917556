"""One snapshot for everything that a request reads."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from psycopg import IsolationLevel


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
