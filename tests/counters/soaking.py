"""Soak test: concurrent loads, receipts and deletions, while readers compare the counters with the rows."""

import json
import random
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event, Lock
from typing import Any

from django.db import connection

from smsreports.accounts.models import Account
from smsreports.counters.models import Measures
from smsreports.counters.queries import merge_figures, sum_by, sum_rows, to_figures
from smsreports.counters.squash import squash_counters
from smsreports.counters.verify import find_differences
from smsreports.database.snapshot import read_snapshot
from smsreports.ingest.load import AccountResolver, load_lines
from smsreports.queries.list_request import ListRequest
from smsreports.sms.statuses import NAMES, StatusGroup
from smsreports.sms.windows import Window
from smsreports.sources import get_counter_specs, get_sources
from smsreports.unified.listings import build_unified_listing
from tests.counters.rows import MESSAGES, SENDS, run
from tests.waiting import SOON, within

ACCOUNTS = ("acme", "globex")
START = datetime(2026, 2, 1, tzinfo=UTC)
# Few keys, so that writers change the same rows, and few days, senders and countries for the same counters.
KEYS, CAMPAIGNS, DAYS = 3000, 5, 4
SENDERS, COUNTRIES = ("MyApp", "Promo", "Alerts"), ("US", "DE", None)
# Records of a load, and rows that a statement changes.
MAX_LINES, MAX_ROWS = 60, 25
# Seconds between two rounds of the squasher or of a reader. Without pauses, readers would leave the writers no time.
PAUSE = 0.05
STATUS_REPORT = "status = %s, delivered_at = NULL, status_at = now()"


@dataclass
class Soak:
    """State of a soak test: counts of what was done, by kind, and errors."""

    done: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    over: Event = field(default_factory=Event)
    _lock: Lock = field(default_factory=Lock)

    def count(self, what: str, times: int = 1) -> None:
        with self._lock:
            self.done[what] += times

    def fail(self, error: str) -> None:
        with self._lock:
            self.errors.append(error)
        self.over.set()

    def repeat(self, step: Callable[["Soak", random.Random], None], seed: int) -> None:
        """Call `step` until the test is over. Any exception, such as a deadlock, is an error."""
        rng = random.Random(seed)
        try:
            while not self.over.is_set():
                step(self, rng)
        except Exception as error:
            self.fail(f"{type(error).__name__}: {error}")
        finally:
            connection.close()


def soak(seconds: float, *, writers: int, readers: int, kinds: Collection[str] = (), seed: int = 20260213) -> Soak:
    """Run for `seconds`, and then until something of each of `kinds` was done.

    The test database must be empty, and tests must commit, because other threads read and write.
    """
    for name in ACCOUNTS:
        Account.objects.get_or_create(name=name)
    state = Soak()
    steps = [write] * writers + [read] * readers + [keep_squashed]
    with ThreadPoolExecutor(len(steps)) as threads:
        for number, step in enumerate(steps):
            threads.submit(state.repeat, step, seed + number)
        try:
            state.over.wait(seconds)
            within(SOON, lambda: state.over.is_set() or set(kinds) <= set(+state.done))
        finally:
            state.over.set()
    for _ in range(2):
        state.errors += find_differences(get_counter_specs())
        squash_counters()
    return state


def write(state: Soak, rng: random.Random) -> None:
    rng.choice((write_lines, write_lines, write_statuses, write_deletions))(state, rng)


def write_lines(state: Soak, rng: random.Random) -> None:
    records = [record for _ in range(rng.randint(1, MAX_LINES)) for record in build_records(rng)]
    for result in load_lines(enumerate(map(_encode_record, records), 1), AccountResolver()):
        state.count("lines accepted", result.accepted)
        state.count("lines known", result.duplicates)
        # A send with an unknown campaign is parked, but no record contradicts another.
        if result.rejected:
            state.fail(f"rejected: {result.rejected[0]}")


def _encode_record(record: dict[str, Any]) -> bytes:
    return json.dumps(record).encode()


def build_records(rng: random.Random) -> Iterator[dict[str, Any]]:
    """Yield a record and sometimes later events. The constant fields of a row depend on its key."""
    key, account = rng.randrange(KEYS), rng.choice(ACCOUNTS)
    at = START + timedelta(minutes=key * DAYS * 24 * 60 // KEYS)
    shared: dict[str, Any] = {"account": account, "recipient": f"+1415555{key:04}", "country": COUNTRIES[key % 3]}
    shared |= {"sender_id": SENDERS[key % 3], "message": "x", "segments": key % 3 + 1, "cost": f"0.{key:06}"}
    carrier_reference = {"account": account, "message_id": f"s-{key}"}
    match rng.randrange(5):
        case 0 | 1:
            own_fields = {
                "client_message_id": f"m-{key}",
                "request_id": f"r-{key // 2}",
                "created_at": _format_time(at),
            }
            yield {"type": "message"} | shared | own_fields
        case 2:
            campaign = {"broadcast": f"b-{key % CAMPAIGNS}", "account": account}
            constant = {"name": "B", "message": "x", "sender_id": "Promo", "created_at": _format_time(START)}
            yield {"type": "broadcast"} | campaign | constant
            yield {"type": "send", "sent_at": _format_time(at)} | shared | carrier_reference | campaign
        case 3:
            event_at = _format_time(at + timedelta(seconds=rng.randrange(1000)))
            reference = {"client_message_id": f"m-{key}"} if rng.random() < 0.5 else {"message_id": f"s-{key}"}
            yield {"type": "receipt", "account": account, "status": rng.choice(NAMES), "at": event_at} | reference
        case _:
            event_at = _format_time(at + timedelta(seconds=rng.randrange(1000)))
            yield {"type": "click", "at": event_at} | carrier_reference
            yield {"type": "action", "at": event_at, "action_type": "registration"} | carrier_reference


def _format_time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def write_statuses(state: Soak, rng: random.Random) -> None:
    table, where, params = _choose_rows(rng)
    state.count("statuses changed", run(f"UPDATE {table} SET {STATUS_REPORT} {where}", rng.choice(NAMES), *params))


def write_deletions(state: Soak, rng: random.Random) -> None:
    table, where, params = _choose_rows(rng)
    state.count("rows deleted", run(f"DELETE FROM {table} {where}", *params))


def _choose_rows(rng: random.Random) -> tuple[str, str, tuple[Any, ...]]:
    """Return a table, and a WHERE clause for some of its unlocked rows. Waiting for locked rows could deadlock."""
    table = rng.choice((MESSAGES, SENDS))
    random_id = f"(SELECT min(id) + (%s * (max(id) - min(id)))::bigint FROM {table})"
    rows = f"SELECT id FROM {table} WHERE id >= {random_id} ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED"
    return table, f"WHERE id IN ({rows})", (rng.random(), rng.randint(1, MAX_ROWS))


def keep_squashed(state: Soak, rng: random.Random) -> None:
    state.count("differences squashed", squash_counters())
    state.over.wait(PAUSE)


def read(state: Soak, rng: random.Random) -> None:
    rng.choice((read_every_counter, read_figures, read_figures))(state, rng)
    state.over.wait(PAUSE)


def read_every_counter(state: Soak, rng: random.Random) -> None:
    for difference in find_differences(get_counter_specs()):
        state.fail(difference)
    state.count("comparisons of every counter")


def read_figures(state: Soak, rng: random.Random) -> None:
    """Compare the total and the figures of one account with the rows, in one snapshot."""
    account, filters = Account.objects.get(name=rng.choice(ACCOUNTS)), _choose_filters(rng)
    by: tuple[str, ...] = rng.choice(((), ("day",), ("country",)))
    with read_snapshot():
        listing = build_unified_listing(account, get_sources(), ListRequest(filters=filters))
        assert listing.scope is not None
        total, row_total = (
            listing.count_rows(),
            sum(source_query.count_rows().fetch_all()[0][0] for source_query in listing.source_queries),
        )
        counted = {key: _drop_campaigns(groups) for key, groups in sum_by(listing.scope, *by).items()}
        recounted = merge_figures(
            to_figures(sum_rows(source.counter_specs[0], source_query.select_all(), *by).fetch_all(), len(by))
            for source, source_query in zip(get_sources(), listing.source_queries, strict=True)
        )
    if total != row_total:
        state.fail(f"{account} {filters}: total {total}, rows {row_total}")
    if {key: groups for key, groups in counted.items() if groups} != recounted:
        state.fail(f"{account} {filters} by {by}: kept {counted}, rows say {dict(recounted)}")
    state.count("comparisons of a caller's figures")


def _choose_filters(rng: random.Random) -> dict[str, Any]:
    since = START + timedelta(days=rng.randrange(DAYS))
    filters: dict[str, Any] = {"status": rng.choice(list(StatusGroup)), "sender": rng.choice(SENDERS), "country": "US"}
    filters |= {"period": Window(since, since + timedelta(days=rng.randint(1, DAYS)))}
    return {name: value for name, value in filters.items() if rng.random() < 0.3}


def _drop_campaigns(groups: dict[str, Measures]) -> dict[str, Measures]:
    """Leave out the campaigns themselves, which are no SMS and have no status group."""
    return {group: measures for group, measures in groups.items() if group}
