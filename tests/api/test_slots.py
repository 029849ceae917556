"""Slots for slow queries: how many an account has, who waits, and what is refused."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Event

import pytest
from rest_framework.exceptions import Throttled

from smsreports.api.errors import TooSlow, Unavailable
from smsreports.api.hopeless import MAX_REMEMBERED, SECONDS, Hopeless
from smsreports.api.slots import QuerySlots
from tests.export.test_stream import within

ONE, OTHER, THIRD = 1, 2, 3
SOON = 20


def test_an_account_is_refused_for_its_own_queries_and_others_for_everybodys() -> None:
    slots = QuerySlots(3, 2, 0)
    with ExitStack() as held:
        held.enter_context(slots.acquire(ONE))
        held.enter_context(slots.acquire(ONE))
        with pytest.raises(Throttled), slots.acquire(ONE):
            pass
        held.enter_context(slots.acquire(OTHER))
        with pytest.raises(Unavailable), slots.acquire(THIRD):
            pass
    with slots.acquire(ONE), slots.acquire(ONE), slots.acquire(OTHER):
        pass


def test_a_slot_is_given_back_by_a_query_that_fails() -> None:
    slots = QuerySlots(1, 1, 0)
    for _ in range(3):
        with pytest.raises(ValueError, match="broken"), slots.acquire(ONE):
            raise ValueError("broken")


def test_so_many_wait_and_the_next_is_refused_at_once() -> None:
    slots = QuerySlots(2, 1, 1)
    ran = Event()

    def run() -> None:
        with slots.acquire(ONE, SOON):
            ran.set()

    with ThreadPoolExecutor(1) as pool:
        with slots.acquire(ONE):
            waiting = pool.submit(run)
            within(SOON, lambda: slots._waiting == 1)
            with pytest.raises(Throttled), slots.acquire(ONE, 10 * SOON):
                pass
            with slots.acquire(OTHER, 0):  # another account has a slot of its own, and does not wait
                assert not ran.is_set()
        waiting.result(SOON)
    assert ran.is_set()


def test_waiting_ends() -> None:
    slots = QuerySlots(1, 1, 1)
    with slots.acquire(ONE), pytest.raises(Throttled), slots.acquire(ONE, 0.01):
        pass
    assert slots._waiting == 0


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def ask(hopeless: Hopeless, list_: str, first: int, *, slow: bool = False) -> bool:
    """Ask for the page from row `first` on; return True if it was read."""
    read = False
    try:
        with hopeless.watch(list_, first):
            read = True
            if slow:
                raise TooSlow(5)
    except TooSlow:
        pass
    return read


def test_a_page_that_took_too_long_is_not_read_again_nor_are_deeper_ones() -> None:
    clock = Clock()
    hopeless = Hopeless(clock)
    assert ask(hopeless, "a list", 5_000, slow=True)
    assert not ask(hopeless, "a list", 5_000)
    assert not ask(hopeless, "a list", 9_000)
    assert ask(hopeless, "a list", 4_999)
    assert ask(hopeless, "another list", 5_000)
    clock.now += SECONDS
    assert ask(hopeless, "a list", 9_000)


def test_it_remembers_the_newest_alone() -> None:
    hopeless = Hopeless(Clock())
    for number in range(MAX_REMEMBERED + 1):
        ask(hopeless, str(number), 5_000, slow=True)
    assert ask(hopeless, "0", 5_000)
    assert not ask(hopeless, "1", 5_000)
