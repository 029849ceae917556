"""Database timeouts that keep HTTP loads from blocking the server when the database is slow."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import Error, connection

# PostgreSQL settings during a load.
LOAD_SETTINGS = {
    # Wait for another load of the account, or for a migration. Longer than a full batch takes.
    "lock_timeout": "5s",
    # Far above any statement that makes progress; below the 30 s that gateways wait for an answer.
    "statement_timeout": "15s",
    # Records answered as accepted must be on disk, whatever the server's default is.
    "synchronous_commit": "on",
}


@contextmanager
def apply_load_settings() -> Iterator[None]:
    """Apply LOAD_SETTINGS inside the block. A statement over a timeout fails, and the response is a 503.

    The settings hold for the session, not the transaction, because a load also queries before its transaction.
    """
    _execute_together(f"SET {name} = '{value}'" for name, value in LOAD_SETTINGS.items())
    try:
        yield
    finally:
        with suppress(Error):  # A lost connection keeps no settings.
            _execute_together(f"RESET {name}" for name in LOAD_SETTINGS)


def _execute_together(statements: Iterator[str]) -> None:
    """Execute the statements in one round trip. They are raw SQL, since the ORM has no SET; all parts are constants."""
    with connection.cursor() as cursor:
        cursor.execute("; ".join(statements))
