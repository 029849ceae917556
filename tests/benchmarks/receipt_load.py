"""Times of delivery receipts by HTTP in batches, and of a bare UPDATE of the same rows."""

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from http.client import HTTPConnection

import orjson

from messages_app.models import Message
from smsreports.accounts.keys import create_key
from smsreports.accounts.models import Account, Scope
from smsreports.concurrency.limits import LOADS
from tests.benchmarks.bench import Bench
from tests.benchmarks.client import TIMEOUT_SECONDS
from tests.benchmarks.databases import Database

TABLE = Message._meta.db_table
INGEST = "/api/v1/ingest"
BATCH_SIZE = 1_000
SENT, DELIVERED = "2026-02-13T10:30:00Z", "2026-02-13T10:30:04Z"
INSERT_SQL = f"""
    INSERT INTO {TABLE} (account_id, client_message_id, request_key, heads_request, recipient, country, sender_id, text,
        status, status_code, segments, cost, created_at, sent_at, status_at)
    SELECT %(account)s, 'm-' || i, 'm-' || i, true, '+1415' || 5550000 + i, 'US', 'MyApp', 'Your code is ' || i, 'sent',
        '', 1, 0.0085, %(sent)s, %(sent)s, %(sent)s
    FROM generate_series(1, %(rows)s) AS i
"""
UPDATE_SQL = f"""
    UPDATE {TABLE} t SET status = 'DELIVRD', status_code = '000', status_at = %(at)s, delivered_at = %(at)s
    FROM unnest(%(ids)s::text[]) AS r (client_message_id)
    WHERE t.account_id = %(account)s AND t.client_message_id = r.client_message_id
"""


def time_http(bench: Bench, rows: int) -> float:
    """Return the seconds of all batches, on as many connections as one account may use for loads."""
    account = _fill_tables(bench.scratch_database, rows)
    with bench.scratch_database.use_in_django():
        key = create_key(account, [Scope.WRITE], name="benchmark")
    bodies = [b"".join(_build_lines(ids)) for ids in _batches(rows)]
    parts = [bodies[number :: LOADS.max_running_per_account] for number in range(LOADS.max_running_per_account)]
    with bench.run_server(database=bench.scratch_database) as server, ThreadPoolExecutor(len(parts)) as threads:
        start = time.perf_counter()
        for future in [threads.submit(_post, server.port, part, key) for part in parts]:
            future.result()
        return time.perf_counter() - start


def time_update(bench: Bench, rows: int) -> float:
    """Return the seconds of one committed UPDATE per batch."""
    account = _fill_tables(bench.scratch_database, rows)
    batches = list(_batches(rows))
    with bench.scratch_database.connect() as connection:
        start = time.perf_counter()
        for ids in batches:
            connection.execute(UPDATE_SQL, {"at": datetime.now(UTC), "ids": ids, "account": account.pk})
        return time.perf_counter() - start


def _post(port: int, bodies: Iterable[bytes], key: str) -> None:
    headers = {"X-API-Key": key, "Content-Type": "application/x-ndjson"}
    with closing(HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)) as connection:
        for body in bodies:
            connection.request("POST", INGEST, body, headers)
            answer = connection.getresponse()
            summary = orjson.loads(answer.read())
            if answer.status != 200 or summary["accepted"] != BATCH_SIZE:
                raise RuntimeError(f"{INGEST} answered {answer.status}: {summary}")


def _build_lines(ids: list[str]) -> Iterator[bytes]:
    for message_id in ids:
        record = {"type": "receipt", "client_message_id": message_id, "status": "DELIVRD", "status_code": "000"}
        yield orjson.dumps(record | {"at": DELIVERED}, option=orjson.OPT_APPEND_NEWLINE)


def _batches(rows: int) -> Iterator[list[str]]:
    for first in range(1, rows + 1, BATCH_SIZE):
        yield [f"m-{number}" for number in range(first, first + BATCH_SIZE)]


def _fill_tables(database: Database, rows: int) -> Account:
    """Fill empty tables with `rows` sent messages, and leave the server no maintenance to do."""
    with database.use_in_django():
        account, _ = Account.objects.get_or_create(name="receipts")
    with database.connect() as connection:
        connection.execute(f"TRUNCATE {TABLE}, ingest_event, counters_counter")
        connection.execute(INSERT_SQL, {"account": account.pk, "sent": SENT, "rows": rows})
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
    return account
