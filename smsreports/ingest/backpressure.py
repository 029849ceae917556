"""What keeps loads by HTTP from taking the server with them when the database is behind."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Condition

from django.db import Error, connection

from smsreports.api.errors import Unavailable
from smsreports.telemetry.meters import meters

# A process has 8 threads (see `serve`): half of them stay with those who read.
MOST_LOADS = 4
# Loads of one account take turns in the database: a second one is read and checked while the first is merged, and
# a third would only hold a thread.
MOST_LOADS_OF_ACCOUNT = 2
# PostgreSQL's settings during a load.
BOUNDS = {
    # For another load of the account, or a migration: longer than a full batch takes.
    "lock_timeout": "5s",
    # Far above any statement that makes progress; below the 30 s that gateways wait for an answer.
    "statement_timeout": "15s",
    # What was answered as accepted is on disk, whatever the server's own default is.
    "synchronous_commit": "on",
}


class Places:
    """Places for loads: so many at once, and so many of one account."""

    def __init__(self, most: int, most_of_account: int) -> None:
        self._most, self._most_of_account = most, most_of_account
        self._taken: Counter[int] = Counter()
        self._changed = Condition()

    @contextmanager
    def taken(self, account: int, patience: float) -> Iterator[None]:
        """Holds a place. Raises Unavailable if there is none for `patience` seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._is_free(account), patience):
                meters().loads_refused.inc()
                raise Unavailable("Too many loads are under way; try again later.")
            self._taken[account] += 1
        try:
            yield
        finally:
            with self._changed:
                self._taken -= Counter([account])  # which forgets who has none left
                self._changed.notify_all()

    def _is_free(self, account: int) -> bool:
        return self._taken.total() < self._most and self._taken[account] < self._most_of_account


places = Places(MOST_LOADS, MOST_LOADS_OF_ACCOUNT)


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
