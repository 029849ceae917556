"""Refresh of planner statistics while a load makes the tables grow."""

from django.db import connection

from smsreports.ingest.loaders import get_loader_set

# Tables that a load fills, besides those of the sources.
COMMON_TABLES = ("ingest_event", "counters_counter")


def refresh_statistics() -> None:
    """Analyze tables that have doubled since their last ANALYZE, or are recorded as empty and are not.

    Autovacuum does the same, but only after a minute or two. Until then a load that starts with empty tables would
    join each batch by a full table scan per row. Call it outside of transactions: two loaders that analyze while
    they hold an account's lock could deadlock.
    """
    source_tables = [table for loader in get_loader_set().loaders for table in (loader.sms.table, *loader.other_tables)]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT relname FROM pg_class WHERE oid = ANY (%s::regclass[]) AND (
                reltuples <= 0 AND pg_relation_size(oid) > 0
                OR pg_relation_size(oid) > 2 * relpages * current_setting('block_size')::bigint
            ) ORDER BY relname
            """,
            [[*source_tables, *COMMON_TABLES]],
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"ANALYZE {table}")
