"""What keeps loads by HTTP from taking the server with them when the database is behind."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import Error, connection

# PostgreSQL's settings during a load.
LOAD_SETTINGS = {
    # For another load of the account, or a migration: longer than a full batch takes.
    "lock_timeout": "5s",
    # Far above any statement that makes progress; below the 30 s that gateways wait for an answer.
    "statement_timeout": "15s",
    # What was answered as accepted is on disk, whatever the server's own default is.
    "synchronous_commit": "on",
}


@contextmanager
def apply_load_settings() -> Iterator[None]:
    """Within it no statement waits or runs for long: it fails, which is told as a pause.

    For the session, not the transaction: a load also looks at the tables before it begins one.
    """
    _execute_together(f"SET {name} = '{value}'" for name, value in LOAD_SETTINGS.items())
    try:
        yield
    finally:
        with suppress(Error):  # a connection that is lost keeps nothing
            _execute_together(f"RESET {name}" for name in LOAD_SETTINGS)


def _execute_together(statements: Iterator[str]) -> None:
    """In one round trip. The ORM knows no settings; the names and values are the constants above."""
    with connection.cursor() as cursor:
        cursor.execute("; ".join(statements))
