"""Holding the counters against the rows, and making them anew."""

from collections.abc import Iterable, Iterator

from django.db import connection, transaction

from smsreports.counters.models import COLUMNS, KEY, MEASURES
from smsreports.counters.specs import ADVISORY_LOCK, TABLE, CounterSpec

# Differing keys named at most; where there are more, the counters are wrong throughout.
MAX_DIFFERENCES = 100


def find_differences(counted: Iterable[CounterSpec]) -> Iterator[str]:
    """The counters that differ from the rows they count, in one snapshot; at most NAMED of them."""
    with transaction.atomic(), connection.cursor() as cursor:
        if len(connection.savepoint_ids) == 0:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute(_differences_sql(counted), [MAX_DIFFERENCES])
        for *key, kept, true in cursor.fetchall():
            yield f"{dict(zip(KEY, key, strict=True))}: kept {kept}, rows say {true}"


def _differences_sql(counted: Iterable[CounterSpec]) -> str:
    """A full join of two groupings, which the ORM cannot say."""
    key = ", ".join(KEY)
    sums = ", ".join(f"sum({name}) AS {name}" for name in MEASURES)
    something = " OR ".join(f"sum({name}) <> 0" for name in MEASURES)
    kept, true = (f"ROW({', '.join(f'{side}.{name}' for name in MEASURES)})" for side in ("kept", "counted"))
    return f"""
        SELECT {key}, {kept}::text, {true}::text
        FROM (SELECT {key}, {sums} FROM {TABLE} GROUP BY {key} HAVING {something}) kept
        FULL JOIN (SELECT {key}, {sums} FROM ({_recount_sql(counted)}) r GROUP BY {key}) counted USING ({key})
        WHERE {kept} IS DISTINCT FROM {true}
        ORDER BY {key} LIMIT %s
    """


def _recount_sql(counted: Iterable[CounterSpec]) -> str:
    named = ", ".join(COLUMNS)
    totals = (one.totals_sql(one.deltas_sql(one.table)) for one in counted)
    return " UNION ALL ".join(f"SELECT * FROM ({total}) AS t ({named})" for total in totals)


def rebuild_counters(counted: Iterable[CounterSpec]) -> None:
    """Counts the rows anew. Writers wait, readers do not: they see the old counters until the new ones stand."""
    every = list(counted)
    with transaction.atomic(), connection.cursor() as cursor:
        for one in every:
            cursor.execute(f"LOCK TABLE {one.table} IN SHARE MODE")
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ADVISORY_LOCK])
        cursor.execute(f"DELETE FROM {TABLE}")
        cursor.execute(
            f"INSERT INTO {TABLE} ({', '.join(COLUMNS)}, squashed) SELECT r.*, true FROM ({_recount_sql(every)}) r"
        )
