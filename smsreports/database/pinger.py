"""A thread that asks the database for a sign of life, so that nobody who wants to know it can hang."""

import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from functools import cache
from queue import SimpleQueue
from threading import Lock, Thread

from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

# Seconds that a ping may take.
PING_SECONDS = 1
# Seconds that the thread keeps its connection: a database that takes no new connections must not look well for long.
CONNECTION_SECONDS = 5


@dataclass(frozen=True)
class Health:
    is_read_only: bool
    is_migrated: bool


class Pinger:
    """Pings one at a time; who asks meanwhile waits for the same ping."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._asked: SimpleQueue[Future[Health]] = SimpleQueue()
        self._ping: Future[Health] | None = None
        self._begun = 0.0
        self._thread: Thread | None = None
        # When the database last answered, by the monotonic clock.
        self.answered_at = 0.0

    def begin(self) -> Future[Health]:
        """Start a ping unless one is under way, and return it."""
        with self._lock:
            if self._ping is None or self._ping.done():
                self._ping, self._begun = Future(), time.monotonic()
                self._asked.put(self._ping)
            if self._thread is None:
                self._thread = Thread(target=self._work, name="pinger", daemon=True)
                self._thread.start()
            return self._ping

    def ask(self) -> Health:
        """Raise DatabaseError or InterfaceError unless the database answers within PING_SECONDS of the ping's start."""
        ping = self.begin()
        try:
            return ping.result(max(0.0, self._begun + PING_SECONDS - time.monotonic()))
        except FutureTimeout:
            raise OperationalError("the database does not answer") from None

    def _work(self) -> None:
        connected_at = 0.0
        while True:
            ping = self._asked.get()
            if time.monotonic() > connected_at + CONNECTION_SECONDS:
                connection.close()
                connected_at = time.monotonic()
            try:
                health = _health()
            except Exception as fault:
                connection.close()
                ping.set_exception(fault if isinstance(fault, DatabaseError | InterfaceError) else OperationalError())
                continue
            self.answered_at = time.monotonic()
            if connection.settings_dict["CONN_MAX_AGE"] == 0:
                connection.close()
            ping.set_result(health)


def _health() -> Health:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('transaction_read_only')::boolean")
        (is_read_only,) = cursor.fetchone() or (False,)
    return Health(is_read_only, _is_migrated())


def _is_migrated() -> bool:
    """Migrations of a newer release do not count, and once they are applied they stay so."""
    try:
        _check_migrations()
    except LookupError:
        return False
    return True


@cache
def _check_migrations() -> None:
    """Raise LookupError, which the cache does not keep, unless all are applied."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise LookupError


pinger = Pinger()
