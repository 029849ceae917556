"""Loaders, receipts and deletions all at once, while readers hold the counters against the rows."""

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
from smsreports.counters.queries import merge_figures, sum_by, sum_rows, to_figures
from smsreports.counters.squash import squash_counters
from smsreports.counters.verify import find_differences
from smsreports.database.snapshot import read_snapshot
from smsreports.ingest.load import AccountResolver, load_lines
from smsreports.queries.list_request import ListRequest
from smsreports.sms.statuses import NAMES, StatusGroup
from smsreports.sources import get_counter_specs, get_sources
from smsreports.unified.listings import build_unified_listing
from tests.counters.rows import MESSAGES, SENDS, run
from tests.waiting import SOON, within

ACCOUNTS = ("acme", "globex")
START = datetime(2026, 2, 1, tzinfo=UTC)
# Few keys, so that writers meet each other's rows; few days, senders and countries, so that they meet in counters.
KEYS, CAMPAIGNS, DAYS = 3000, 5, 4
SENDERS, COUNTRIES = ("MyApp", "Promo", "Alerts"), ("US", "DE", None)
# Lines of a load, and rows that a statement changes.
MOST_LINES, MOST_ROWS = 60, 25
# Seconds between two rounds of the squasher, and between two of a reader, who would leave the writers no time.
PAUSE = 0.05
STATUS_REPORT = "status = %s, delivered_at = NULL, status_at = now()"


@dataclass
class Soak:
    """What was done, by kind, and what went wrong."""

    done: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    over: Event = field(default_factory=Event)
    _lock: Lock = field(default_factory=Lock)

    def did(self, what: str, times: int = 1) -> None:
        with self._lock:
            self.done[what] += times

    def failed(self, why: str) -> None:
        with self._lock:
            self.faults.append(why)
        self.over.set()

    def keep(self, turn: Callable[["Soak", random.Random], None], seed: int) -> None:
        """Takes turns until it is over; whatever is raised, a deadlock too, is a fault."""
        rng = random.Random(seed)
        try:
            while not self.over.is_set():
                turn(self, rng)
        except Exception as fault:  # any at all is what is looked for
            self.failed(f"{type(fault).__name__}: {fault}")
        finally:
            connection.close()


def soak(seconds: float, *, writers: int, readers: int, kinds: Collection[str] = (), seed: int = 20260213) -> Soak:
    """Run for `seconds`, and then until something of each of these kinds was done, on the database that Django is
    connected to. It must be empty; other threads see what is committed."""
    for name in ACCOUNTS:
        Account.objects.get_or_create(name=name)
    found = Soak()
    turns = [write] * writers + [read] * readers + [keep_squashed]
    with ThreadPoolExecutor(len(turns)) as threads:
        for number, turn in enumerate(turns):
            threads.submit(found.keep, turn, seed + number)
        try:
            found.over.wait(seconds)
            within(SOON, lambda: found.over.is_set() or set(kinds) <= set(+found.done))
        finally:
            found.over.set()
    for _ in range(2):
        found.faults += find_differences(get_counter_specs())
        squash_counters()
    return found


def write(found: Soak, rng: random.Random) -> None:
    rng.choice((write_lines, write_lines, write_statuses, write_deletions))(found, rng)


def write_lines(found: Soak, rng: random.Random) -> None:
    written = [line for _ in range(rng.randint(1, MOST_LINES)) for line in lines(rng)]
    for outcome in load_lines(enumerate(map(_encoded, written), 1), AccountResolver()):
        found.did("lines accepted", outcome.accepted)
        found.did("lines known", outcome.duplicates)
        # A send waits where its campaign is not known, but no line contradicts another.
        if outcome.rejected:
            found.failed(f"rejected: {outcome.rejected[0]}")


def _encoded(record: dict[str, Any]) -> bytes:
    return json.dumps(record).encode()


def lines(rng: random.Random) -> Iterator[dict[str, Any]]:
    """A record and perhaps what came after it. What never changes of a row is told by its key."""
    key, account = rng.randrange(KEYS), rng.choice(ACCOUNTS)
    at = START + timedelta(minutes=key * DAYS * 24 * 60 // KEYS)
    common: dict[str, Any] = {"account": account, "recipient": f"+1415555{key:04}", "country": COUNTRIES[key % 3]}
    common |= {"sender_id": SENDERS[key % 3], "message": "x", "segments": key % 3 + 1, "cost": f"0.{key:06}"}
    carrier = {"account": account, "message_id": f"s-{key}"}
    match rng.randrange(5):
        case 0 | 1:
            named = {"client_message_id": f"m-{key}", "request_id": f"r-{key // 2}", "created_at": _text(at)}
            yield {"type": "message"} | common | named
        case 2:
            campaign = {"broadcast": f"b-{key % CAMPAIGNS}", "account": account}
            constant = {"name": "B", "message": "x", "sender_id": "Promo", "created_at": _text(START)}
            yield {"type": "broadcast"} | campaign | constant
            yield {"type": "send", "sent_at": _text(at)} | common | carrier | campaign
        case 3:
            later = _text(at + timedelta(seconds=rng.randrange(1000)))
            who = {"client_message_id": f"m-{key}"} if rng.random() < 0.5 else {"message_id": f"s-{key}"}
            yield {"type": "receipt", "account": account, "status": rng.choice(NAMES), "at": later} | who
        case _:
            later = _text(at + timedelta(seconds=rng.randrange(1000)))
            yield {"type": "click", "at": later} | carrier
            yield {"type": "action", "at": later, "action_type": "registration"} | carrier


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def write_statuses(found: Soak, rng: random.Random) -> None:
    table, some, params = _some_rows(rng)
    found.did("statuses changed", run(f"UPDATE {table} SET {STATUS_REPORT} {some}", rng.choice(NAMES), *params))


def write_deletions(found: Soak, rng: random.Random) -> None:
    table, some, params = _some_rows(rng)
    found.did("rows deleted", run(f"DELETE FROM {table} {some}", *params))


def _some_rows(rng: random.Random) -> tuple[str, str, tuple[Any, ...]]:
    """Rows from a random one on that nobody holds: to wait for them in an order of one's own could deadlock."""
    table = rng.choice((MESSAGES, SENDS))
    somewhere = f"(SELECT min(id) + (%s * (max(id) - min(id)))::bigint FROM {table})"
    rows = f"SELECT id FROM {table} WHERE id >= {somewhere} ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED"
    return table, f"WHERE id IN ({rows})", (rng.random(), rng.randint(1, MOST_ROWS))


def keep_squashed(found: Soak, rng: random.Random) -> None:
    found.did("differences squashed", squash_counters())
    found.over.wait(PAUSE)


def read(found: Soak, rng: random.Random) -> None:
    rng.choice((read_every_counter, read_figures, read_figures))(found, rng)
    found.over.wait(PAUSE)


def read_every_counter(found: Soak, rng: random.Random) -> None:
    for difference in find_differences(get_counter_specs()):
        found.failed(difference)
    found.did("comparisons of every counter")


def read_figures(found: Soak, rng: random.Random) -> None:
    """A caller's total and figures, from the counters and from the rows, in one snapshot."""
    account, filters = Account.objects.get(name=rng.choice(ACCOUNTS)), _filters(rng)
    by: tuple[str, ...] = rng.choice(((), ("day",), ("country",)))
    with read_snapshot():
        listing = build_unified_listing(account, get_sources(), ListRequest(filters=filters))
        assert listing.scope is not None
        total, true_total = listing.count_rows(), sum(leg.count_rows().fetch_all()[0][0] for leg in listing.legs)
        kept = {key: _of_sms(groups) for key, groups in sum_by(listing.scope, *by).items()}
        true = merge_figures(
            to_figures(sum_rows(source.counter_specs[0], leg.select_all(), *by).fetch_all(), len(by))
            for source, leg in zip(get_sources(), listing.legs, strict=True)
        )
    if total != true_total:
        found.failed(f"{account} {filters}: total {total}, rows {true_total}")
    if {key: groups for key, groups in kept.items() if groups} != true:
        found.failed(f"{account} {filters} by {by}: kept {kept}, rows say {dict(true)}")
    found.did("comparisons of a caller's figures")


def _filters(rng: random.Random) -> dict[str, Any]:
    since = START + timedelta(days=rng.randrange(DAYS))
    every: dict[str, Any] = {"status": rng.choice(list(StatusGroup)), "sender": rng.choice(SENDERS), "country": "US"}
    every |= {"since": since, "until": since + timedelta(days=rng.randint(1, DAYS))}
    return {name: value for name, value in every.items() if rng.random() < 0.3}


def _of_sms(groups: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Without the campaigns themselves, which are no SMS and so in no group."""
    return {group: measures for group, measures in groups.items() if group}
