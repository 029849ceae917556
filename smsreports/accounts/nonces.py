"""Signatures that were used: each is good once, whichever worker it reaches."""

from datetime import UTC, datetime
from typing import Any

from django.db import connection

from smsreports.accounts.signing import TOLERANCE_SECONDS, SignedRequest

# Seconds for which a signature is remembered: for as long as any server takes it, though their clocks differ.
RETENTION_SECONDS = 2 * TOLERANCE_SECONDS
# Rows that one request takes away: more than it adds, so that the table holds ten minutes; few, so that none is slow.
MAX_DELETED_PER_REQUEST = 20


def consume_once(signed: SignedRequest, now: float) -> bool:
    """Notes that a verified signature is used at the Unix second `now`; False if it was before."""
    with connection.cursor() as cursor:
        cursor.execute(*_consume_sql(signed, now))
        return bool(cursor.rowcount)


def _consume_sql(signed: SignedRequest, now: float) -> tuple[str, list[Any]]:
    """One statement: of two that use the same signature at once, the second waits for the first and inserts nothing.
    The ORM cannot tell whether a row was inserted, nor delete some rows beside it."""
    return (
        """
        WITH forgotten AS (
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
            datetime.fromtimestamp(int(signed.timestamp), UTC),
            bytes.fromhex(signed.signature),
        ],
    )
