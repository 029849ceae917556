"""Receipts for messages that were sent, by HTTP in batches, and the bare UPDATE of the same rows."""

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
from tests.benchmarks.client import PATIENCE
from tests.benchmarks.place import Place

TABLE = Message._meta.db_table
INGEST = "/api/v1/ingest"
BATCH = 1_000
SENT, DELIVERED = "2026-02-13T10:30:00Z", "2026-02-13T10:30:04Z"
MESSAGES = f"""
    INSERT INTO {TABLE} (account_id, client_message_id, request_key, heads_request, recipient, country, sender_id, text,
        status, status_code, segments, cost, created_at, sent_at, status_at)
    SELECT %(account)s, 'm-' || i, 'm-' || i, true, '+1415' || 5550000 + i, 'US', 'MyApp', 'Your code is ' || i, 'sent',
        '', 1, 0.0085, %(sent)s, %(sent)s, %(sent)s
    FROM generate_series(1, %(rows)s) AS i
"""
UPDATE = f"""
    UPDATE {TABLE} t SET status = 'DELIVRD', status_code = '000', status_at = %(at)s, delivered_at = %(at)s
    FROM unnest(%(ids)s::text[]) AS r (client_message_id)
    WHERE t.account_id = %(account)s AND t.client_message_id = r.client_message_id
"""


def by_http(bench: Bench, rows: int) -> float:
    """Seconds of all batches, on as many connections as may load for one account at once."""
    account = _filled(bench.scratch, rows)
    with bench.scratch.of_django():
        key = create_key(account, [Scope.WRITE], name="benchmark")
    bodies = [b"".join(_receipts(ids)) for ids in _batches(rows)]
    parts = [bodies[number :: LOADS.max_running_per_account] for number in range(LOADS.max_running_per_account)]
    with bench.serving(place=bench.scratch) as served, ThreadPoolExecutor(len(parts)) as threads:
        begun = time.perf_counter()
        for posted in [threads.submit(_post, served.port, part, key) for part in parts]:
            posted.result()
        return time.perf_counter() - begun


def by_update(bench: Bench, rows: int) -> float:
    """Seconds of one UPDATE a batch, each committed."""
    account = _filled(bench.scratch, rows)
    batches = list(_batches(rows))
    with bench.scratch.connect() as own:
        begun = time.perf_counter()
        for ids in batches:
            own.execute(UPDATE, {"at": datetime.now(UTC), "ids": ids, "account": account.pk})
        return time.perf_counter() - begun


def _post(port: int, bodies: Iterable[bytes], key: str) -> None:
    headers = {"X-API-Key": key, "Content-Type": "application/x-ndjson"}
    with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
        for body in bodies:
            connection.request("POST", INGEST, body, headers)
            answer = connection.getresponse()
            told = orjson.loads(answer.read())
            if answer.status != 200 or told["accepted"] != BATCH:
                raise RuntimeError(f"{INGEST} answered {answer.status}: {told}")


def _receipts(ids: list[str]) -> Iterator[bytes]:
    for one in ids:
        record = {"type": "receipt", "client_message_id": one, "status": "DELIVRD", "status_code": "000"}
        yield orjson.dumps(record | {"at": DELIVERED}, option=orjson.OPT_APPEND_NEWLINE)


def _batches(rows: int) -> Iterator[list[str]]:
    for first in range(1, rows + 1, BATCH):
        yield [f"m-{number}" for number in range(first, first + BATCH)]


def _filled(place: Place, rows: int) -> Account:
    """So many messages that were sent, in tables with nothing else, and nothing left to do for the server."""
    with place.of_django():
        account, _ = Account.objects.get_or_create(name="receipts")
    with place.connect() as own:
        own.execute(f"TRUNCATE {TABLE}, ingest_event, counters_counter")
        own.execute(MESSAGES, {"account": account.pk, "sent": SENT, "rows": rows})
        own.execute("VACUUM ANALYZE")
        own.execute("CHECKPOINT")
    return account
