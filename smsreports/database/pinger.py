"""Background thread that pings the database, so that a health check never hangs."""

import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from functools import cache
from queue import SimpleQueue
from threading import Lock, Thread

from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

# Timeout of a ping.
MAX_PING_SECONDS = 1
# Seconds that the thread keeps its connection. A database that accepts no new connections must soon look unhealthy.
CONNECTION_SECONDS = 5


@dataclass(frozen=True)
class Health:
    is_read_only: bool
    is_migrated: bool


class Pinger:
    """Runs one ping at a time. Concurrent callers wait for the same ping."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._queue: SimpleQueue[Future[Health]] = SimpleQueue()
        self._ping: Future[Health] | None = None
        self._started_at = 0.0
        self._thread: Thread | None = None
        # Time of the database's last answer, by the monotonic clock.
        self.answered_at = 0.0

    def start_ping(self) -> Future[Health]:
        """Start a ping unless one is running, and return it."""
        with self._lock:
            if self._ping is None or self._ping.done():
                self._ping, self._started_at = Future(), time.monotonic()
                self._queue.put(self._ping)
            if self._thread is None:
                self._thread = Thread(target=self._run_pings, name="pinger", daemon=True)
                self._thread.start()
            return self._ping

    def check_health(self) -> Health:
        """Return the health of the database.

        Raises DatabaseError or InterfaceError unless it answers within MAX_PING_SECONDS of the ping's start.
        """
        ping = self.start_ping()
        try:
            return ping.result(max(0.0, self._started_at + MAX_PING_SECONDS - time.monotonic()))
        except FutureTimeout:
            raise OperationalError("the database does not answer") from None

    def _run_pings(self) -> None:
        connected_at = 0.0
        while True:
            ping = self._queue.get()
            if time.monotonic() > connected_at + CONNECTION_SECONDS:
                connection.close()
                connected_at = time.monotonic()
            try:
                health = _query_health()
            except Exception as error:
                connection.close()
                ping.set_exception(error if isinstance(error, DatabaseError | InterfaceError) else OperationalError())
                continue
            self.answered_at = time.monotonic()
            if connection.settings_dict["CONN_MAX_AGE"] == 0:
                connection.close()
            ping.set_result(health)


def _query_health() -> Health:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('transaction_read_only')::boolean")
        (is_read_only,) = cursor.fetchone() or (False,)
    return Health(is_read_only, _is_migrated())


def _is_migrated() -> bool:
    """Return True if all migrations of this release are applied. Migrations of a newer release do not matter."""
    try:
        _check_migrations()
    except LookupError:
        return False
    return True


@cache
def _check_migrations() -> None:
    """Raise LookupError unless all migrations are applied. Only success is cached, since migrations stay applied."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise LookupError


pinger = Pinger()
