"""Data of the benchmarks: built, or reused from an earlier run."""

import hashlib
import io
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from psycopg import errors

from broadcasts_app.models import Broadcast, BroadcastSend
from messages_app.models import Message
from smsreports.accounts.models import Account
from tests.benchmarks import dataset, row_sql
from tests.benchmarks.databases import Database, log_progress
from tests.benchmarks.dataset import ACCOUNTS, DataSize

# Rows per statement, which bounds what the triggers keep in memory.
CHUNK = 250_000
# Two tables are filled in parallel, each on one core. Indexes are sorted in memory, JIT compilation is not worth its
# time, and lost data can be built again.
SESSION_SQL = """
    SET max_parallel_maintenance_workers = 0; SET maintenance_work_mem = '512MB'; SET jit = off;
    SET synchronous_commit = off
"""
MODELS = (Account, Message, Broadcast, BroadcastSend)


def prepare(database: Database, rows: int) -> DataSize:
    """Return the data of this size and of today's migrations: existing, or built."""
    with database.use_in_django():
        if database.exists() and (existing := _find_existing(database, rows)):
            log_progress(f"found {rows:,} rows")
            return existing
        return _create(database, DataSize(rows, datetime.now(UTC).date()))


def create_empty(database: Database) -> None:
    """Create the database with empty tables."""
    with database.use_in_django():
        database.create()
        call_command("migrate", verbosity=0)


def _create(database: Database, size: DataSize) -> DataSize:
    start = time.monotonic()
    connection.close()
    database.create()
    call_command("migrate", verbosity=0)
    _build(database, size)
    with database.connect() as own:
        own.execute("CREATE TABLE benchmark_data (rows bigint, recipe text, last_day date)")
        own.execute("INSERT INTO benchmark_data VALUES (%s, %s, %s)", [size.rows, _fingerprint(), size.last_day])
    log_progress(f"built {size.rows:,} rows in {time.monotonic() - start:.0f} s")
    return size


def _fingerprint() -> str:
    """Return a hash of the SQL of the migrations and of the modules that make the rows."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes(), clean_start=True)
    statements = executor.loader.collect_sql(plan)
    sources = [Path(str(module.__file__)).read_text() for module in (row_sql, dataset)]
    return hashlib.sha256("".join([*statements, *sources]).encode()).hexdigest()


def _find_existing(database: Database, rows: int) -> DataSize | None:
    with database.connect() as own, suppress(errors.UndefinedTable):
        days = own.execute(
            "SELECT last_day FROM benchmark_data WHERE rows = %s AND recipe = %s", [rows, _fingerprint()]
        )
        for (last_day,) in days:
            return DataSize(rows, last_day)
    return None


def _build(database: Database, size: DataSize) -> None:
    Account.objects.bulk_create(Account(id=number, name=name) for number, name in enumerate(ACCOUNTS, start=1))
    with database.connect() as own:
        own.execute(row_sql.insert_broadcasts(size))
    fillings = (
        (Message._meta.db_table, size.messages, row_sql.insert_messages),
        (BroadcastSend._meta.db_table, size.sends, row_sql.insert_sends),
    )
    with ThreadPoolExecutor() as pool:
        for filled in [pool.submit(_fill, database, size, *filling) for filling in fillings]:
            filled.result()
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), MODELS):
            cursor.execute(statement)
    connection.close()
    _settle(database)


def _fill(
    database: Database, size: DataSize, table: str, rows: int, insert: Callable[[DataSize, int, int], str]
) -> None:
    start = time.monotonic()
    with database.connect() as own:
        own.execute(SESSION_SQL)
        with _without_indexes(own, table):
            for first in range(1, rows + 1, CHUNK):
                own.execute(insert(size, first, min(first + CHUNK - 1, rows)))
            log_progress(f"{table}: {rows:,} rows after {time.monotonic() - start:.0f} s, now indexes")
        log_progress(f"{table}: ready after {time.monotonic() - start:.0f} s")


@contextmanager
def _without_indexes(own: psycopg.Connection, table: str) -> Iterator[None]:
    """Drop indexes and foreign keys for the duration: kept row by row they cost several times the insert."""
    keys = own.execute(
        """
        SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
            format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))
        FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('u', 'f')
        UNION ALL
        SELECT format('DROP INDEX %%s', indexrelid::regclass), pg_get_indexdef(indexrelid)
        FROM pg_index WHERE indrelid = %s::regclass
            AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('u', 'p', 'x'))
        """,
        [table, table],
    ).fetchall()
    # A vacuum would only slow the inserts down.
    own.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)")
    for drop, _ in keys:
        own.execute(drop)
    yield
    for _, make in keys:
        own.execute(make)
    own.execute(f"ALTER TABLE {table} RESET (autovacuum_enabled)")


def _settle(database: Database) -> None:
    """Do what the server does in the hours after a load, so that none of it disturbs a measurement."""
    with database.connect() as own:
        own.execute(SESSION_SQL)
        own.execute("VACUUM ANALYZE")
        call_command("squash_counters", stdout=io.StringIO())
        connection.close()
        # Fast now, except for the counters.
        own.execute("VACUUM ANALYZE")
        # An automatic ANALYZE may have kept the squashed rows visible until now.
        own.execute("VACUUM counters_counter")
        # Needs a privilege; without it the server runs one by itself.
        with suppress(errors.InsufficientPrivilege):
            own.execute("CHECKPOINT")
