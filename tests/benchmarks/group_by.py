"""Delivery summary of a month without counters: a GROUP BY over the rows of both sources."""

import time
from datetime import timedelta

from tests.benchmarks.bench import LIST_DAYS, Bench

SQL = """
    SELECT status_group, count(*), sum(segments), sum(cost) FROM (
        SELECT status_group, segments, cost FROM messages_app_message
        WHERE account_id = %(account)s AND created_at >= %(since)s AND created_at < %(until)s
        UNION ALL
        SELECT status_group, segments, cost FROM broadcasts_app_broadcastsend
        WHERE account_id = %(account)s AND sent_at >= %(since)s AND sent_at < %(until)s
    ) AS every GROUP BY status_group
"""


def measure_group_by(bench: Bench) -> float:
    """Return the seconds of the statement on an open connection."""
    since = bench.size.end - timedelta(days=LIST_DAYS + 1)
    with bench.database.connect() as connection:
        start = time.perf_counter()
        connection.execute(SQL, {"account": bench.big_account.pk, "since": since, "until": bench.size.end}).fetchall()
        return time.perf_counter() - start
