"""Squashing: no sum changes, no reader notices, and writers go on."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier, Event
from typing import Any

import pytest
from django.db import connection, transaction

from smsreports.accounts.models import Account
from smsreports.counters import squash as squashing
from smsreports.counters.models import Counter
from smsreports.counters.queries import CounterScope, sum_by, totals_by_day
from smsreports.counters.specs import ADVISORY_LOCK
from smsreports.counters.squash import squash_counters
from smsreports.counters.verify import find_differences
from smsreports.sources import get_counter_specs
from tests.counters.rows import MESSAGES, NOON, SENDS, Row, insert_messages, insert_sends, kept, people, run, true

WRITERS, SQUASHERS, STATEMENTS = 4, 2, 12


def scope() -> CounterScope:
    return CounterScope(Account.objects.get(name="acme"), ("api", "broadcasts"))


@pytest.fixture
def traffic(db: None) -> None:
    """Ten differences of each key and more, some of which cancel each other out."""
    people()
    for n in range(10):
        insert_messages([Row(at=NOON - timedelta(days=n % 2)), Row(country=None, status="pending")])
        insert_sends([Row(clicks=n), Row(campaign="autumn")])
    run(f"UPDATE {MESSAGES} SET status = 'EXPIRED' WHERE status = 'pending'")


def test_squashing_changes_no_sum(traffic: None) -> None:
    before = kept()
    squash_counters()
    assert kept() == before == true()


def test_it_leaves_a_row_a_key_and_no_differences(traffic: None) -> None:
    differing = Counter.everyones.count()
    assert squash_counters() == differing
    assert (Counter.everyones.filter(squashed=False).count(), Counter.everyones.count()) == (0, len(kept()))
    assert squash_counters() == 0


def test_it_adds_to_what_was_squashed_before(traffic: None) -> None:
    squash_counters()
    insert_messages([Row()])
    run(f"DELETE FROM {SENDS} WHERE click_count = 3")
    squash_counters()
    assert kept() == true()
    assert list(find_differences(get_counter_specs())) == []


def test_small_batches_come_to_the_same(traffic: None, monkeypatch: pytest.MonkeyPatch) -> None:
    before, differing = kept(), Counter.everyones.count()
    monkeypatch.setattr(squashing, "BATCH", 3)
    assert squash_counters() == differing
    assert kept() == before


@pytest.mark.parametrize("squashed", [False, True])
def test_sums_of_nothing_are_no_sums(traffic: None, squashed: bool) -> None:
    """A key whose rows are all gone is as one that never was."""
    if squashed:
        squash_counters()
    run(f"DELETE FROM {MESSAGES} WHERE country IS NULL OR created_at < '2026-02-13'")
    run(f"DELETE FROM {SENDS}")
    if squashed:
        squash_counters()
    api = CounterScope(scope().account, ("api",))
    assert set(sum_by(api, "country")) == {("US",)}
    assert set(sum_by(api, "day")[NOON.date(),]) == {"delivered"}
    assert totals_by_day(api, "sms") == [(NOON.date(), 5)]
    assert set(sum_by(CounterScope(api.account, ("broadcasts",)))[()]) == {""}  # the campaigns themselves


@pytest.mark.parametrize("squashed", [False, True])
def test_the_sums_of_an_account_without_rows_are_empty(traffic: None, squashed: bool) -> None:
    run(f"UPDATE {MESSAGES} SET account_id = (SELECT id FROM accounts_account WHERE name = 'globex')")
    if squashed:
        squash_counters()
    assert sum_by(CounterScope(scope().account, ("api",)), "day") == {}
    assert sum_by(CounterScope(Account.objects.get(name="globex"), ("api",)))[()]["expired"]["sms"] == 10


@contextmanager
def threads(number: int) -> Iterator[Callable[..., Future[Any]]]:
    """Starts functions in threads whose connections end with them; a failure in one is a failure here."""
    started: list[Future[Any]] = []
    with ThreadPoolExecutor(number) as pool:

        def start(function: Callable[..., Any], *arguments: Any) -> Future[Any]:
            started.append(pool.submit(_closing, function, *arguments))
            return started[-1]

        yield start
    for one in started:
        one.result()


def _closing(function: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return function(*arguments)
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_squashers_and_writers_at_once_end_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    people()
    monkeypatch.setattr(squashing, "BATCH", 5)
    together, written = Barrier(WRITERS + SQUASHERS), Event()

    def write(number: int) -> None:
        together.wait()
        for n in range(STATEMENTS):
            insert_messages([Row(sender=f"S{number % 2}"), Row(status="pending")])
            insert_sends([Row(clicks=n)])
            run(f"UPDATE {MESSAGES} SET status = 'failed' WHERE id %% {WRITERS} = %s AND status = 'pending'", number)

    def keep_squashing() -> None:
        together.wait()
        while not written.is_set():
            squash_counters()

    with threads(WRITERS + SQUASHERS) as start:
        for _ in range(SQUASHERS):
            start(keep_squashing)
        try:
            for writer in [start(write, number) for number in range(WRITERS)]:
                writer.result()
        finally:
            written.set()
    assert list(find_differences(get_counter_specs())) == []
    squash_counters()
    assert kept() == true()
    assert Counter.everyones.count() <= 2 * len(kept())


@pytest.mark.django_db(transaction=True)
def test_a_reader_sees_the_same_total_all_along(monkeypatch: pytest.MonkeyPatch) -> None:
    people()
    for _ in range(60):
        insert_messages([Row(), Row(status="pending")])
    monkeypatch.setattr(squashing, "BATCH", 2)
    mine, seen = scope(), []
    with threads(1) as start:
        squasher = start(squash_counters)
        while not squasher.done():
            seen.append([(day, number) for day, number in totals_by_day(mine, "sms")])
    assert len(seen) > 3
    assert seen == [[(NOON.date(), 120)]] * len(seen)


@pytest.mark.django_db(transaction=True)
def test_a_second_squasher_leaves_it_to_the_first() -> None:
    people()
    insert_messages([Row()])
    with transaction.atomic(), threads(1) as start:
        run("SELECT pg_advisory_xact_lock(%s)", ADVISORY_LOCK)
        assert start(squash_counters).result() == 0
    assert squash_counters() > 0


@pytest.mark.django_db(transaction=True)
def test_it_ends_although_others_go_on_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written meanwhile is left to the next."""
    people()
    insert_messages([Row()])
    batch, taken = squashing._squash_batch, list[int]()

    def one_more() -> int:
        assert len(taken) < 5, "it goes on for ever"
        insert_messages([Row()])
        taken.append(batch())
        return taken[-1]

    monkeypatch.setattr(squashing, "_squash_batch", one_more)
    assert squash_counters() == sum(taken) > 0
