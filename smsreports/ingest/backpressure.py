"""What keeps loads by HTTP from taking the server with them when the database is behind."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import Error, connection

from smsreports.api.places import Places

# A process has 15 threads (see `serve`): more than half of them stay with those who read.
MOST_LOADS = 4
# Loads of one account take turns in the database: a second one is read and checked while the first is merged, and
# a third would only hold a thread.
MOST_LOADS_OF_ACCOUNT = 2
# As many as there are threads, beside those that load: a gateway cannot hold back what it has.
MOST_WAITING = 6
# PostgreSQL's settings during a load.
BOUNDS = {
    # For another load of the account, or a migration: longer than a full batch takes.
    "lock_timeout": "5s",
    # Far above any statement that makes progress; below the 30 s that gateways wait for an answer.
    "statement_timeout": "15s",
    # What was answered as accepted is on disk, whatever the server's own default is.
    "synchronous_commit": "on",
}


places = Places("loads", MOST_LOADS, MOST_LOADS_OF_ACCOUNT, MOST_WAITING)


@contextmanager
def bounded() -> Iterator[None]:
    """Within it no statement waits or runs for long: it fails, which is told as a pause.

    For the session, not the transaction: a load also looks at the tables before it begins one.
    """
    _set(f"SET {name} = '{value}'" for name, value in BOUNDS.items())
    try:
        yield
    finally:
        with suppress(Error):  # a connection that is lost keeps nothing
            _set(f"RESET {name}" for name in BOUNDS)


def _set(statements: Iterator[str]) -> None:
    """In one round trip. The ORM knows no settings; the names and values are the constants above."""
    with connection.cursor() as cursor:
        cursor.execute("; ".join(statements))
