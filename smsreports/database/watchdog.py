"""Watchdog that ends the statements of a database that no longer answers, so that they do not block their threads.

A suspended server process, or one whose machine is gone, enforces no `statement_timeout`, and TCP does not notice the
former. So a statement that waits for long checks with the pinger whether the database still answers anything.
"""

import time
from functools import partial

import psycopg
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from psycopg import OperationalError
from psycopg.abc import RV, PQGen

from smsreports.database.pinger import pinger

# Seconds without a byte from the database after which a statement starts a ping, and after which it gives up if the
# database has not answered since.
PING_AFTER_SECONDS, GIVE_UP_SECONDS = 5, 10


def watch_connections() -> None:
    """Watch every connection that this process opens from now on."""
    connection_created.connect(_watch_connection, dispatch_uid=__name__)


def _watch_connection(sender: type[BaseDatabaseWrapper], connection: BaseDatabaseWrapper, **ignored: object) -> None:
    raw: psycopg.Connection = connection.connection
    raw.wait = partial(_wait_watched, raw)  # type: ignore[method-assign]


def _wait_watched(raw: psycopg.Connection, steps: PQGen[RV], *args: float, **kwargs: float) -> RV:
    return type(raw).wait(raw, _watch_steps(raw, steps), *args, **kwargs)


def _watch_steps(raw: psycopg.Connection, steps: PQGen[RV]) -> PQGen[RV]:
    """Forward psycopg's wait states. psycopg resumes when the socket is ready, and ten times a second otherwise."""
    silent_since = 0.0
    try:
        wait_state = next(steps)
        while True:
            ready = yield wait_state
            if ready:
                silent_since = 0.0
            elif not silent_since:
                silent_since = time.monotonic()
            elif time.monotonic() > silent_since + PING_AFTER_SECONDS:
                _check_alive(raw, silent_since)
            wait_state = steps.send(ready)
    except StopIteration as end:
        result: RV = end.value
        return result


def _check_alive(raw: psycopg.Connection, silent_since: float) -> None:
    """Close the connection and raise OperationalError if the database has not answered a ping.

    It has until GIVE_UP_SECONDS after `silent_since`; pings start PING_AFTER_SECONDS after it.
    """
    now = time.monotonic()
    if pinger.answered_at < now - (GIVE_UP_SECONDS - PING_AFTER_SECONDS):
        pinger.start_ping()
        if now > silent_since + GIVE_UP_SECONDS:
            raw.close()
            raise OperationalError("the database does not answer")
