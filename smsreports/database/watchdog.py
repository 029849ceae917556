"""Statements of a database that has stopped answering end, instead of holding their thread for ever.

A server process that is suspended, or whose machine is gone, enforces no `statement_timeout`, and TCP finds nothing
wrong with the former. So whoever waits for long asks the pinger whether the database still answers anybody.
"""

import time
from collections.abc import Generator
from functools import partial
from typing import Any

import psycopg
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from psycopg import OperationalError

from smsreports.database.pinger import pinger

# Seconds without a byte from the database after which a statement asks for a sign of life, and after which it gives up
# if there was none since.
DOUBT_SECONDS, PATIENCE_SECONDS = 5, 10


def install() -> None:
    """Watch every connection that this process opens from now on."""
    connection_created.connect(_watch, dispatch_uid=__name__)


def _watch(sender: type[BaseDatabaseWrapper], connection: BaseDatabaseWrapper, **ignored: Any) -> None:
    opened: psycopg.Connection[Any] = connection.connection
    opened.wait = partial(_wait, opened)  # type: ignore[method-assign]


def _wait(opened: psycopg.Connection[Any], steps: Generator[Any, Any, Any], *args: Any, **kwargs: Any) -> Any:
    return type(opened).wait(opened, _watched(opened, steps), *args, **kwargs)


def _watched(opened: psycopg.Connection[Any], steps: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
    """Pass psycopg's steps through. It resumes them when the socket is ready, and ten times a second when it is not."""
    silent_since = 0.0
    try:
        wanted = next(steps)
        while True:
            ready = yield wanted
            if ready:
                silent_since = 0.0
            elif not silent_since:
                silent_since = time.monotonic()
            elif time.monotonic() > silent_since + DOUBT_SECONDS:
                _check_life(opened, silent_since)
            wanted = steps.send(ready)
    except StopIteration as end:
        return end.value


def _check_life(opened: psycopg.Connection[Any], silent_since: float) -> None:
    """Give up the connection if the database has answered nobody since DOUBT_SECONDS after `silent_since`."""
    now = time.monotonic()
    if pinger.answered_at < now - (PATIENCE_SECONDS - DOUBT_SECONDS):
        pinger.begin()
        if now > silent_since + PATIENCE_SECONDS:
            opened.close()
            raise OperationalError("the database does not answer")
