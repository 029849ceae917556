"""The one rule for which database errors mean "not now": the request may be right, and can be sent again later."""

from collections.abc import Iterator

import psycopg
from django.db import InterfaceError, OperationalError, connection

from smsreports.embedded_postgres.errors import DatabaseUnavailable

# Classes of SQLSTATE: connection lost, transaction rolled back (serialization, deadlock, conflict with recovery),
# insufficient resources (disk, memory, connections), operator intervention (shutdown, crash, cancelled), system error.
CLASSES = ("08", "40", "53", "57", "58")
STATES = (
    "25006",  # a read-only transaction: a standby, or a primary that was made read-only
    "25P03",  # a transaction was idle for too long, and its connection was ended
    "25P04",  # a transaction took too long
    "55P03",  # a lock was not to be had in time
)


def is_outage(fault: BaseException | None) -> bool:
    """Return True if `fault`, or the error that led to it, comes of a database that cannot serve at the moment.

    The causes are followed because Django hides some: a session that cannot be written is reported as one that was
    deleted.
    """
    return any(_is_outage(each) for each in _chain(fault))


def forget_connection() -> None:
    """Close this thread's connection, so that the next request finds the server that is the primary by then.

    Inside a transaction nothing is done: whoever began it ends it.
    """
    if not connection.in_atomic_block:
        connection.close()


def _is_outage(fault: BaseException) -> bool:
    if isinstance(fault, psycopg.Error):
        if fault.sqlstate is None:  # not about a statement but about the connection
            return isinstance(fault, psycopg.OperationalError | psycopg.InterfaceError)
        return fault.sqlstate in STATES or fault.sqlstate[:2] in CLASSES
    if isinstance(fault, OperationalError | InterfaceError):
        return fault.__cause__ is None  # else the cause decides
    return isinstance(fault, DatabaseUnavailable)


def _chain(fault: BaseException | None) -> Iterator[BaseException]:
    """Yield `fault` and the errors before it, as a traceback shows them."""
    while fault is not None:
        yield fault
        fault = fault.__cause__ or (None if fault.__suppress_context__ else fault.__context__)
