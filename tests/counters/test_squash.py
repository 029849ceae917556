"""Squashing of counters beside readers and writers."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier, Event
from typing import Any

import pytest
from django.db import connection, transaction

from smsreports.accounts.models import Account
from smsreports.counters import squash
from smsreports.counters.models import Counter
from smsreports.counters.queries import CounterScope, sum_by, totals_by_day
from smsreports.counters.specs import ADVISORY_LOCK
from smsreports.counters.squash import squash_counters
from smsreports.counters.verify import find_differences
from smsreports.sources import get_counter_specs
from tests.counters.rows import (
    MESSAGES,
    NOON,
    SENDS,
    Row,
    create_accounts,
    insert_messages,
    insert_sends,
    recount_rows,
    run,
    sum_counters,
)

WRITERS, SQUASHERS, STATEMENTS = 4, 2, 12


def build_scope() -> CounterScope:
    return CounterScope(Account.objects.get(name="acme"), ("api", "broadcasts"))


@pytest.fixture
def traffic(db: None) -> None:
    """Ten or more deltas per key, some of which cancel each other out."""
    create_accounts()
    for n in range(10):
        insert_messages([Row(at=NOON - timedelta(days=n % 2)), Row(country=None, status="pending")])
        insert_sends([Row(clicks=n), Row(campaign="autumn")])
    run(f"UPDATE {MESSAGES} SET status = 'EXPIRED' WHERE status = 'pending'")


def test_squashing_changes_no_sum(traffic: None) -> None:
    before = sum_counters()
    squash_counters()
    assert sum_counters() == before == recount_rows()


def test_squashing_leaves_one_row_per_key(traffic: None) -> None:
    deltas = Counter.unscoped.count()
    assert squash_counters() == deltas
    assert (Counter.unscoped.filter(squashed=False).count(), Counter.unscoped.count()) == (0, len(sum_counters()))
    assert squash_counters() == 0


def test_squashing_adds_to_squashed_rows(traffic: None) -> None:
    squash_counters()
    insert_messages([Row()])
    run(f"DELETE FROM {SENDS} WHERE click_count = 3")
    squash_counters()
    assert sum_counters() == recount_rows()
    assert list(find_differences(get_counter_specs())) == []


def test_small_batches_give_the_same_totals(traffic: None, monkeypatch: pytest.MonkeyPatch) -> None:
    before, deltas = sum_counters(), Counter.unscoped.count()
    monkeypatch.setattr(squash, "BATCH_SIZE", 3)
    assert squash_counters() == deltas
    assert sum_counters() == before


@pytest.mark.parametrize("squashed", [False, True])
def test_keys_without_rows_are_left_out(traffic: None, squashed: bool) -> None:
    """A key whose rows have been deleted is like one that never existed."""
    if squashed:
        squash_counters()
    run(f"DELETE FROM {MESSAGES} WHERE country IS NULL OR created_at < '2026-02-13'")
    run(f"DELETE FROM {SENDS}")
    if squashed:
        squash_counters()
    api = CounterScope(build_scope().account, ("api",))
    assert set(sum_by(api, "country")) == {("US",)}
    assert set(sum_by(api, "day")[NOON.date(),]) == {"delivered"}
    assert totals_by_day(api, "sms") == [(NOON.date(), 5)]
    assert set(sum_by(CounterScope(api.account, ("broadcasts",)))[()]) == {""}  # the campaigns themselves


@pytest.mark.parametrize("squashed", [False, True])
def test_an_account_without_rows_has_no_totals(traffic: None, squashed: bool) -> None:
    run(f"UPDATE {MESSAGES} SET account_id = (SELECT id FROM accounts_account WHERE name = 'globex')")
    if squashed:
        squash_counters()
    assert sum_by(CounterScope(build_scope().account, ("api",)), "day") == {}
    assert sum_by(CounterScope(Account.objects.get(name="globex"), ("api",)))[()]["expired"]["sms"] == 10


@contextmanager
def start_threads(number: int) -> Iterator[Callable[..., Future[Any]]]:
    """Return a function that starts others in threads. Connections are closed, and exceptions are raised here."""
    futures: list[Future[Any]] = []
    with ThreadPoolExecutor(number) as pool:

        def start(function: Callable[..., Any], *arguments: Any) -> Future[Any]:
            futures.append(pool.submit(_close_connection_after, function, *arguments))
            return futures[-1]

        yield start
    for future in futures:
        future.result()


def _close_connection_after(function: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return function(*arguments)
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_concurrent_squashers_and_writers_keep_the_counters_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    create_accounts()
    monkeypatch.setattr(squash, "BATCH_SIZE", 5)
    barrier, written = Barrier(WRITERS + SQUASHERS), Event()

    def write(number: int) -> None:
        barrier.wait()
        for n in range(STATEMENTS):
            insert_messages([Row(sender=f"S{number % 2}"), Row(status="pending")])
            insert_sends([Row(clicks=n)])
            run(f"UPDATE {MESSAGES} SET status = 'failed' WHERE id %% {WRITERS} = %s AND status = 'pending'", number)

    def keep_squashing() -> None:
        barrier.wait()
        while not written.is_set():
            squash_counters()

    with start_threads(WRITERS + SQUASHERS) as start:
        for _ in range(SQUASHERS):
            start(keep_squashing)
        try:
            for writer in [start(write, number) for number in range(WRITERS)]:
                writer.result()
        finally:
            written.set()
    assert list(find_differences(get_counter_specs())) == []
    squash_counters()
    assert sum_counters() == recount_rows()
    assert Counter.unscoped.count() <= 2 * len(sum_counters())


@pytest.mark.django_db(transaction=True)
def test_readers_see_the_same_total_during_squashing(monkeypatch: pytest.MonkeyPatch) -> None:
    create_accounts()
    for _ in range(60):
        insert_messages([Row(), Row(status="pending")])
    monkeypatch.setattr(squash, "BATCH_SIZE", 2)
    scope, totals = build_scope(), []
    with start_threads(1) as start:
        squasher = start(squash_counters)
        while not squasher.done():
            totals.append([(day, number) for day, number in totals_by_day(scope, "sms")])
    assert len(totals) > 3
    assert totals == [[(NOON.date(), 120)]] * len(totals)


@pytest.mark.django_db(transaction=True)
def test_a_second_squasher_does_nothing() -> None:
    create_accounts()
    insert_messages([Row()])
    with transaction.atomic(), start_threads(1) as start:
        run("SELECT pg_advisory_xact_lock(%s)", ADVISORY_LOCK)
        assert start(squash_counters).result() == 0
    assert squash_counters() > 0


@pytest.mark.django_db(transaction=True)
def test_squashing_ends_despite_concurrent_writers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deltas that are written meanwhile are left for the next run."""
    create_accounts()
    insert_messages([Row()])
    squash_batch, sizes = squash._squash_batch, list[int]()

    def squash_after_insert() -> int:
        assert len(sizes) < 5, "it goes on for ever"
        insert_messages([Row()])
        sizes.append(squash_batch())
        return sizes[-1]

    monkeypatch.setattr(squash, "_squash_batch", squash_after_insert)
    assert squash_counters() == sum(sizes) > 0
