"""Classification of database errors that are temporary: the request may be valid and can be retried later."""

import psycopg
from django.db import InterfaceError, OperationalError, connection

from smsreports.embedded_postgres.errors import DatabaseUnavailable
from smsreports.telemetry.redaction import iterate_causes

# SQLSTATE classes: connection lost, transaction rolled back (serialization, deadlock, conflict with recovery),
# insufficient resources (disk, memory, connections), operator intervention (shutdown, crash, cancelled), system error.
OUTAGE_CLASSES = ("08", "40", "53", "57", "58")
OUTAGE_STATES = (
    "25006",  # read-only transaction: a standby, or a primary in read-only mode
    "25P03",  # idle in transaction for too long; the connection was closed
    "25P04",  # transaction timeout
    "55P03",  # lock timeout
)


def is_outage(error: BaseException | None) -> bool:
    """Return True if `error`, or an error that led to it, means that the database is unavailable at the moment.

    The causes are followed because Django hides some: a session that cannot be written is reported as a deleted one.
    """
    return any(_is_outage_error(cause) for cause in iterate_causes(error))


def forget_connection() -> None:
    """Close this thread's connection, so that the next request connects to the server that is the primary by then.

    Does nothing inside a transaction, which must be ended by the code that began it.
    """
    if not connection.in_atomic_block:
        connection.close()


def _is_outage_error(error: BaseException) -> bool:
    if isinstance(error, psycopg.Error):
        if error.sqlstate is None:  # an error of the connection, not of a statement
            return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
        return error.sqlstate in OUTAGE_STATES or error.sqlstate[:2] in OUTAGE_CLASSES
    if isinstance(error, OperationalError | InterfaceError):
        return error.__cause__ is None  # otherwise the cause decides
    return isinstance(error, DatabaseUnavailable)
