"""Keeping the planner's idea of the tables near the truth while they grow."""

from django.db import connection

ANALYZED_TABLES = (
    "messages_app_message",
    "broadcasts_app_broadcast",
    "broadcasts_app_broadcastsend",
    "ingest_event",
    "ingest_waitingsend",
    "counters_counter",
)


def refresh_statistics() -> None:
    """Analyzes the tables that are twice as large as the planner last heard, or said to be empty and are not.

    Autovacuum does so within a minute or two; a load that starts with empty tables would by then have joined
    each batch by reading the whole table for every row. Called outside of transactions: two loaders that
    analyze while they hold an account could wait for each other.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT relname FROM pg_class WHERE oid = ANY (%s::regclass[]) AND (
                reltuples <= 0 AND pg_relation_size(oid) > 0
                OR pg_relation_size(oid) > 2 * relpages * current_setting('block_size')::bigint
            ) ORDER BY relname
            """,
            [list(ANALYZED_TABLES)],
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"ANALYZE {table}")
