"""Builds the data, or finds the same data left by a run before."""

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
from tests.benchmarks import recipes, world
from tests.benchmarks.place import Place, say
from tests.benchmarks.world import ACCOUNTS, Size

# Rows a statement: what triggers keep of one statement stays small.
CHUNK = 250_000
# Two tables are filled side by side, so that each has a core; sorting for an index happens in memory; what each
# statement would compile is not worth it; nothing is lost that could not be made again.
SESSION = """
    SET max_parallel_maintenance_workers = 0; SET maintenance_work_mem = '512MB'; SET jit = off;
    SET synchronous_commit = off
"""
MODELS = (Account, Message, Broadcast, BroadcastSend)


def ready(place: Place, rows: int) -> Size:
    """The data of this size and of today's migrations and recipes: what is there, or made anew."""
    with place.of_django():
        if place.exists() and (found := _found(place, rows)):
            say(f"found {rows:,} rows")
            return found
        return _made(place, Size(rows, datetime.now(UTC).date()))


def empty(place: Place) -> None:
    """The tables without any row."""
    with place.of_django():
        place.make()
        call_command("migrate", verbosity=0)


def _made(place: Place, size: Size) -> Size:
    begun = time.monotonic()
    connection.close()
    place.make()
    call_command("migrate", verbosity=0)
    _build(place, size)
    with place.connect() as own:
        own.execute("CREATE TABLE benchmark_data (rows bigint, recipe text, last_day date)")
        own.execute("INSERT INTO benchmark_data VALUES (%s, %s, %s)", [size.rows, _recipe(), size.last_day])
    say(f"built {size.rows:,} rows in {time.monotonic() - begun:.0f} s")
    return size


def _recipe() -> str:
    """A hash of everything the data is made by: the SQL of the migrations, and ours."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes(), clean_start=True)
    statements = executor.loader.collect_sql(plan)
    ours = [Path(str(module.__file__)).read_text() for module in (recipes, world)]
    return hashlib.sha256("".join([*statements, *ours]).encode()).hexdigest()


def _found(place: Place, rows: int) -> Size | None:
    with place.connect() as own, suppress(errors.UndefinedTable):
        days = own.execute("SELECT last_day FROM benchmark_data WHERE rows = %s AND recipe = %s", [rows, _recipe()])
        for (last_day,) in days:
            return Size(rows, last_day)
    return None


def _build(place: Place, size: Size) -> None:
    Account.objects.bulk_create(Account(id=number, name=name) for number, name in enumerate(ACCOUNTS, start=1))
    with place.connect() as own:
        own.execute(recipes.broadcasts(size))
    fillings = (
        (Message._meta.db_table, size.messages, recipes.messages),
        (BroadcastSend._meta.db_table, size.sends, recipes.sends),
    )
    with ThreadPoolExecutor() as pool:
        for filled in [pool.submit(_fill, place, size, *filling) for filling in fillings]:
            filled.result()
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), MODELS):
            cursor.execute(statement)
    connection.close()
    _settle(place)


def _fill(place: Place, size: Size, table: str, rows: int, insert: Callable[[Size, int, int], str]) -> None:
    begun = time.monotonic()
    with place.connect() as own:
        own.execute(SESSION)
        with _without_indexes(own, table):
            for first in range(1, rows + 1, CHUNK):
                own.execute(insert(size, first, min(first + CHUNK - 1, rows)))
            say(f"{table}: {rows:,} rows after {time.monotonic() - begun:.0f} s, now indexes")
        say(f"{table}: ready after {time.monotonic() - begun:.0f} s")


@contextmanager
def _without_indexes(own: psycopg.Connection, table: str) -> Iterator[None]:
    """Indexes and foreign keys cost several times the row when kept row by row; triggers and checks stay."""
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
    # Until the end a vacuum would only get in the way.
    own.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)")
    for drop, _ in keys:
        own.execute(drop)
    yield
    for _, make in keys:
        own.execute(make)
    own.execute(f"ALTER TABLE {table} RESET (autovacuum_enabled)")


def _settle(place: Place) -> None:
    """What a server does by itself in the hours after a load, so that none of it falls into a measurement."""
    with place.connect() as own:
        own.execute(SESSION)
        own.execute("VACUUM ANALYZE")
        call_command("squash_counters", stdout=io.StringIO())
        connection.close()
        # Much quicker now, but for the counters.
        own.execute("VACUUM ANALYZE")
        # An ANALYZE that the server began by itself may have kept the squashed rows visible until just now.
        own.execute("VACUUM counters_counter")
        # Not everybody may ask for one; then it comes by itself.
        with suppress(errors.InsufficientPrivilege):
            own.execute("CHECKPOINT")
