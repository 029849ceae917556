"""Making one row of the many that triggers wrote for one key."""

from django.db import connection, transaction

from smsreports.counters.counted import LOCK, TABLE
from smsreports.counters.models import COLUMNS, KEY, MEASURES

# Differences taken at once: few enough for a short transaction.
BATCH = 50_000


def squash() -> int:
    """Squashes what there is and returns how many differences that were. Safe at any time, and concurrently.

    A reader sees the rows before or after, never between: one statement takes and puts.
    """
    done = 0
    while taken := _squash_batch():
        done += taken
    return done


def _squash_batch() -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0  # somebody else is at it
        cursor.execute(_squash_sql(), [BATCH])
        taken: int = cursor.fetchone()[0]
    return taken


def _squash_sql() -> str:
    """The ORM cannot delete and insert in one statement, which is what readers need.

    Every dimension is NOT NULL, so rows can be joined on the whole key.
    """
    key, columns = ", ".join(KEY), ", ".join(COLUMNS)
    sums = ", ".join(f"sum({name})" for name in MEASURES)
    return f"""
        WITH fresh AS (
            DELETE FROM {TABLE} WHERE id IN (
                SELECT id FROM {TABLE} WHERE NOT squashed ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
            ) RETURNING {columns}
        ), known AS (
            DELETE FROM {TABLE} c USING (SELECT DISTINCT {key} FROM fresh) k
            WHERE c.squashed AND {" AND ".join(f"c.{name} = k.{name}" for name in KEY)}
            RETURNING {", ".join(f"c.{name}" for name in COLUMNS)}
        ), put AS (
            INSERT INTO {TABLE} ({columns}, squashed)
            SELECT {key}, {sums}, true FROM (SELECT * FROM fresh UNION ALL SELECT * FROM known) every
            GROUP BY {key} HAVING {" OR ".join(f"sum({name}) <> 0" for name in MEASURES)}
        )
        SELECT count(*) FROM fresh
    """
