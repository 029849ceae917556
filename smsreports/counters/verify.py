"""Holding the counters against the rows, and making them anew."""

from collections.abc import Iterable, Iterator

from django.db import connection, transaction

from smsreports.counters.counted import LOCK, TABLE, Counted
from smsreports.counters.models import COLUMNS, KEY, MEASURES

# Differing keys named at most; where there are more, the counters are wrong throughout.
NAMED = 100


def differences(counted: Iterable[Counted]) -> Iterator[str]:
    """The counters that differ from the rows they count, in one snapshot; at most NAMED of them."""
    with transaction.atomic(), connection.cursor() as cursor:
        if len(connection.savepoint_ids) == 0:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute(_differences_sql(counted), [NAMED])
        for *key, kept, true in cursor.fetchall():
            yield f"{dict(zip(KEY, key, strict=True))}: kept {kept}, rows say {true}"


def _differences_sql(counted: Iterable[Counted]) -> str:
    """A full join of two groupings, which the ORM cannot say."""
    key = ", ".join(KEY)
    sums = ", ".join(f"sum({name}) AS {name}" for name in MEASURES)
    something = " OR ".join(f"sum({name}) <> 0" for name in MEASURES)
    kept, true = (f"ROW({', '.join(f'{side}.{name}' for name in MEASURES)})" for side in ("kept", "counted"))
    return f"""
        SELECT {key}, {kept}::text, {true}::text
        FROM (SELECT {key}, {sums} FROM {TABLE} GROUP BY {key} HAVING {something}) kept
        FULL JOIN (SELECT {key}, {sums} FROM ({_true_sql(counted)}) r GROUP BY {key}) counted USING ({key})
        WHERE {kept} IS DISTINCT FROM {true}
        ORDER BY {key} LIMIT %s
    """


def _true_sql(counted: Iterable[Counted]) -> str:
    named = ", ".join(COLUMNS)
    totals = (one.totals(one.contributions(one.table)) for one in counted)
    return " UNION ALL ".join(f"SELECT * FROM ({total}) AS t ({named})" for total in totals)


def rebuild(counted: Iterable[Counted]) -> None:
    """Counts the rows anew. Writers wait, readers do not: they see the old counters until the new ones stand."""
    every = list(counted)
    with transaction.atomic(), connection.cursor() as cursor:
        for one in every:
            cursor.execute(f"LOCK TABLE {one.table} IN SHARE MODE")
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute(f"DELETE FROM {TABLE}")
        cursor.execute(
            f"INSERT INTO {TABLE} ({', '.join(COLUMNS)}, squashed) SELECT r.*, true FROM ({_true_sql(every)}) r"
        )
