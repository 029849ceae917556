"""Slots for long work: their limits, waiting, timeouts and errors."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Event

import pytest
from rest_framework.exceptions import Throttled

from smsreports import checks
from smsreports.concurrency import limits
from smsreports.concurrency.limits import SlotLimits
from smsreports.concurrency.slots import KeyedSemaphore
from smsreports.exceptions import ServiceUnavailable
from tests.waiting import SOON, within

ONE, OTHER, THIRD = 1, 2, 3


def make_slots(running: int, per_account: int, waiting: int, *, throttles: bool = False) -> KeyedSemaphore:
    return KeyedSemaphore(SlotLimits("files", running, per_account, waiting, 0, throttles_account=throttles))


def hold_briefly(slots: KeyedSemaphore, account: int) -> int:
    """Wait for a slot for longer than a test lasts, and release it at once."""
    with slots.acquire_slot(account, timeout=10 * SOON):
        return account


def test_an_account_cannot_take_the_slots_of_others() -> None:
    slots = make_slots(3, 2, 9)
    with ExitStack() as stack:
        stack.enter_context(slots.acquire_slot(ONE))
        stack.enter_context(slots.acquire_slot(ONE))
        with pytest.raises(ServiceUnavailable), slots.acquire_slot(ONE):
            pass
        stack.enter_context(slots.acquire_slot(OTHER))
        with pytest.raises(ServiceUnavailable), slots.acquire_slot(OTHER):
            pass
    with slots.acquire_slot(ONE), slots.acquire_slot(ONE), slots.acquire_slot(OTHER):
        pass


def test_an_account_at_its_own_limit_is_throttled_if_the_limits_throttle() -> None:
    slots = make_slots(3, 2, 0, throttles=True)
    with ExitStack() as stack:
        stack.enter_context(slots.acquire_slot(ONE))
        stack.enter_context(slots.acquire_slot(ONE))
        with pytest.raises(Throttled), slots.acquire_slot(ONE):
            pass
        stack.enter_context(slots.acquire_slot(OTHER))
        with pytest.raises(ServiceUnavailable), slots.acquire_slot(THIRD):
            pass
    with slots.acquire_slot(ONE), slots.acquire_slot(ONE), slots.acquire_slot(OTHER):
        pass


def test_work_that_fails_releases_its_slot() -> None:
    slots = make_slots(1, 1, 9)
    for _ in range(3):
        with pytest.raises(ValueError, match="broken"), slots.acquire_slot(ONE):
            raise ValueError("broken")


def test_waiting_work_gets_the_slot_that_becomes_free() -> None:
    slots = make_slots(1, 1, 9)
    with ThreadPoolExecutor(9) as pool:
        with slots.acquire_slot(ONE):
            waiting = [pool.submit(hold_briefly, slots, number) for number in range(9)]
            within(SOON, lambda: slots._waiting == 9)
            assert not any(future.done() for future in waiting)
        assert [future.result(SOON) for future in waiting] == list(range(9))


@pytest.mark.parametrize(("throttles", "error"), [(False, ServiceUnavailable), (True, Throttled)])
def test_waiting_ends_after_the_timeout(throttles: bool, error: type[Exception]) -> None:
    slots = make_slots(1, 1, 1, throttles=throttles)
    with slots.acquire_slot(ONE), pytest.raises(error), slots.acquire_slot(ONE, 0.01):
        pass
    assert slots._waiting == 0


def test_work_is_refused_at_once_if_the_queue_is_full() -> None:
    slots = make_slots(1, 1, 1)
    with ThreadPoolExecutor(2) as pool, slots.acquire_slot(ONE):
        first = pool.submit(hold_briefly, slots, OTHER)
        within(SOON, lambda: slots._waiting == 1)
        error = pool.submit(hold_briefly, slots, OTHER).exception(SOON)
        assert isinstance(error, ServiceUnavailable)
        assert "Too many files" in str(error)
        assert not first.done()
    assert first.result(SOON) == OTHER


def test_a_waiting_account_does_not_hold_up_another() -> None:
    slots = make_slots(2, 1, 1, throttles=True)
    ran = Event()

    def run() -> None:
        with slots.acquire_slot(ONE, SOON):
            ran.set()

    with ThreadPoolExecutor(1) as pool:
        with slots.acquire_slot(ONE):
            waiting = pool.submit(run)
            within(SOON, lambda: slots._waiting == 1)
            with pytest.raises(Throttled), slots.acquire_slot(ONE, 10 * SOON):
                pass
            with slots.acquire_slot(OTHER, 0):
                assert not ran.is_set()
        waiting.result(SOON)
    assert ran.is_set()


def test_the_system_check_finds_limits_that_leave_no_thread_for_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.check_thread_limits(None) == []
    monkeypatch.setattr(checks, "THREADS", limits.threads_in_use() + limits.MIN_FREE_THREADS - 1)
    (error,) = checks.check_thread_limits(None)
    assert error.id == "smsreports.E004"
