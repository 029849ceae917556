"""Comparison of the counters with the rows, and their reconstruction."""

from collections.abc import Iterable, Iterator

from django.db import connection, transaction

from smsreports.counters.models import COLUMNS, KEY, MEASURES
from smsreports.counters.specs import ADVISORY_LOCK, TABLE, CounterSpec

# Differences that are listed. If there are more, the counters are wrong throughout.
MAX_DIFFERENCES = 100


def find_differences(specs: Iterable[CounterSpec]) -> Iterator[str]:
    """Describe the counters that differ from the rows, at most MAX_DIFFERENCES, all in one snapshot."""
    with transaction.atomic(), connection.cursor() as cursor:
        if len(connection.savepoint_ids) == 0:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute(_differences_sql(specs), [MAX_DIFFERENCES])
        for *key, kept, recounted in cursor.fetchall():
            yield f"{dict(zip(KEY, key, strict=True))}: kept {kept}, rows say {recounted}"


def _differences_sql(specs: Iterable[CounterSpec]) -> str:
    """Return SQL for a full join of two groupings, which the ORM cannot express."""
    key = ", ".join(KEY)
    sums = ", ".join(f"sum({name}) AS {name}" for name in MEASURES)
    not_zero = " OR ".join(f"sum({name}) <> 0" for name in MEASURES)
    kept, recounted = (f"ROW({', '.join(f'{side}.{name}' for name in MEASURES)})" for side in ("kept", "recounted"))
    return f"""
        SELECT {key}, {kept}::text, {recounted}::text
        FROM (SELECT {key}, {sums} FROM {TABLE} GROUP BY {key} HAVING {not_zero}) kept
        FULL JOIN (SELECT {key}, {sums} FROM ({_recount_sql(specs)}) r GROUP BY {key}) recounted USING ({key})
        WHERE {kept} IS DISTINCT FROM {recounted}
        ORDER BY {key} LIMIT %s
    """


def _recount_sql(specs: Iterable[CounterSpec]) -> str:
    columns = ", ".join(COLUMNS)
    totals = (spec.totals_sql(spec.deltas_sql(spec.table)) for spec in specs)
    return " UNION ALL ".join(f"SELECT * FROM ({total}) AS t ({columns})" for total in totals)


def rebuild_counters(specs: Iterable[CounterSpec]) -> None:
    """Recount all rows and replace the counters. Writers wait; readers see the old counters until the end."""
    all_specs = list(specs)
    with transaction.atomic(), connection.cursor() as cursor:
        for spec in all_specs:
            cursor.execute(f"LOCK TABLE {spec.table} IN SHARE MODE")
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ADVISORY_LOCK])
        cursor.execute(f"DELETE FROM {TABLE}")
        cursor.execute(
            f"INSERT INTO {TABLE} ({', '.join(COLUMNS)}, squashed) SELECT r.*, true FROM ({_recount_sql(all_specs)}) r"
        )
