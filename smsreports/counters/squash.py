"""Making one row of the many that triggers wrote for one key."""

from django.db import connection, transaction

from smsreports.counters.models import COLUMNS, KEY, MEASURES
from smsreports.counters.specs import ADVISORY_LOCK, TABLE

# Differences taken at once: few enough for a short transaction.
BATCH = 50_000


def squash_counters() -> int:
    """Squashes what there is and returns how many differences that were. Safe at any time, and concurrently.

    A reader sees the rows before or after, never between: one statement takes and puts. What others write
    meanwhile is left to the next, or a squasher beside busy writers would never end.
    """
    done = 0
    while (taken := _squash_batch()) == BATCH:
        done += taken
    return done + taken


def _squash_batch() -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ADVISORY_LOCK])
        if not cursor.fetchone()[0]:
            return 0  # somebody else is at it
        cursor.execute(_squash_sql(), [BATCH])
        taken: int = cursor.fetchone()[0]
    return taken


def _squash_sql() -> str:
    """Takes differences and adds them to the squashed row of their key, in the one statement that readers need.

    The ORM cannot delete and upsert at once. Neither half joins tables, so that no estimate can mislead it.
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
