"""Replay protection: each signature is accepted once, across all workers."""

from datetime import UTC, datetime

from django.db import connection

from smsreports.accounts.signing import TOLERANCE_SECONDS, SignedRequest

# Seconds for which a used signature is stored: as long as any server accepts it, even if their clocks differ.
RETENTION_SECONDS = 2 * TOLERANCE_SECONDS
# Old rows that one request deletes: more than it adds, so that the table holds ten minutes; few, so that none is slow.
MAX_DELETED_PER_REQUEST = 20


def consume_once(signed_request: SignedRequest, now: float) -> bool:
    """Record a verified signature as used at the Unix second `now`; return False if it was used before."""
    with connection.cursor() as cursor:
        cursor.execute(*_consume_sql(signed_request, now))
        return bool(cursor.rowcount)


def _consume_sql(signed_request: SignedRequest, now: float) -> tuple[str, list[datetime | int | bytes]]:
    """Return one statement, with its parameters, that deletes old signatures and inserts the new one.

    If two requests use the same signature at once, the second waits for the first and inserts nothing. Raw SQL,
    because the ORM does not report whether a row was inserted and cannot delete in the same statement.
    """
    return (
        """
        WITH deleted AS (
            DELETE FROM accounts_usedsignature WHERE (signed_at, signature) IN (
                SELECT signed_at, signature FROM accounts_usedsignature
                WHERE signed_at < %s ORDER BY signed_at LIMIT %s FOR UPDATE SKIP LOCKED
            )
        )
        INSERT INTO accounts_usedsignature (signed_at, signature) VALUES (%s, %s) ON CONFLICT DO NOTHING
        """,
        [
            datetime.fromtimestamp(now - RETENTION_SECONDS, UTC),
            MAX_DELETED_PER_REQUEST,
            datetime.fromtimestamp(int(signed_request.timestamp), UTC),
            bytes.fromhex(signed_request.signature),
        ],
    )
