"""Merging of the deltas that triggers wrote into one row per key."""

from django.db import connection, transaction

from smsreports.counters.models import COLUMNS, KEY, MEASURES
from smsreports.counters.specs import ADVISORY_LOCK, TABLE

# Deltas per transaction: few enough for a short one.
BATCH_SIZE = 50_000


def squash_counters() -> int:
    """Merge all deltas and return their number. This is safe at any time, also concurrently.

    One statement deletes and inserts, so that a reader sees the same totals before and after. It ends with the first
    batch that is not full; beside busy writers it would otherwise never end.
    """
    total = 0
    while (merged := _squash_batch()) == BATCH_SIZE:
        total += merged
    return total + merged


def _squash_batch() -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ADVISORY_LOCK])
        if not cursor.fetchone()[0]:
            return 0  # another process squashes
        cursor.execute(_squash_sql(), [BATCH_SIZE])
        merged: int = cursor.fetchone()[0]
    return merged


def _squash_sql() -> str:
    """Return SQL that deletes deltas and adds them to the squashed rows of their keys, in one statement.

    The ORM cannot delete and upsert in one statement. Neither half joins tables, so that wrong estimates of the planner
    do no harm.
    """
    key, columns = ", ".join(KEY), ", ".join(COLUMNS)
    return f"""
        WITH fresh AS (
            DELETE FROM {TABLE} WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM {TABLE} WHERE NOT squashed ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
            )) RETURNING {columns}
        ), added AS (
            INSERT INTO {TABLE} AS c ({columns}, squashed)
            SELECT {key}, {", ".join(f"sum({name})" for name in MEASURES)}, true FROM fresh
            GROUP BY {key} HAVING {" OR ".join(f"sum({name}) <> 0" for name in MEASURES)}
            ON CONFLICT ({key}) WHERE squashed
            DO UPDATE SET {", ".join(f"{name} = c.{name} + EXCLUDED.{name}" for name in MEASURES)}
        )
        SELECT count(*) FROM fresh
    """
