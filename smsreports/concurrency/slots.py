"""Semaphores for work that holds a thread for long, so that threads stay free for lists."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

from rest_framework.exceptions import APIException, Throttled

from smsreports.concurrency.limits import EXPORTS, LOADS, SLOW_QUERIES, SlotLimits
from smsreports.exceptions import RETRY_AFTER_SECONDS, ServiceUnavailable
from smsreports.telemetry.metrics import get_metrics

# The key of work that belongs to no single account, such as staff searches.
EVERY_ACCOUNT = 0


class KeyedSemaphore:
    """Semaphore of one process, with a limit for all work and a limit for each account."""

    def __init__(self, limits: SlotLimits) -> None:
        self._limits, self._waiting = limits, 0
        self._running: Counter[int] = Counter()
        self._changed = Condition()

    @contextmanager
    def acquire_slot(self, account: int, timeout: float | None = None) -> Iterator[None]:
        """Hold a slot for the account with this id; `timeout` is in seconds.

        Raises ServiceUnavailable if no slot comes free in time, and at once if `max_waiting` others wait. Raises
        Throttled instead if the account is at its own limit and the limits have `throttles_account`.
        """
        seconds = self._limits.wait_seconds if timeout is None else timeout
        with self._changed:
            if not (self._has_free_slot(account) or self._wait_for_slot(account, seconds)):
                get_metrics().turned_away.labels(self._limits.name).inc()
                raise self._build_error(account)
            self._running[account] += 1
        try:
            yield
        finally:
            with self._changed:
                self._running -= Counter([account])  # drops an account that runs nothing
                self._changed.notify_all()

    def _has_free_slot(self, account: int) -> bool:
        return self._running.total() < self._limits.max_running and not self._is_at_limit(account)

    def _is_at_limit(self, account: int) -> bool:
        return self._running[account] >= self._limits.max_running_per_account

    def _wait_for_slot(self, account: int, seconds: float) -> bool:
        if self._waiting >= self._limits.max_waiting:
            return False
        self._waiting += 1
        try:
            return self._changed.wait_for(lambda: self._has_free_slot(account), seconds)
        finally:
            self._waiting -= 1

    def _build_error(self, account: int) -> APIException:
        work = DESCRIPTIONS.get(self._limits.name, self._limits.name)
        if self._limits.throttles_account and self._is_at_limit(account):
            return Throttled(RETRY_AFTER_SECONDS, f"Too many {work} of this account are under way.")
        return ServiceUnavailable(f"Too many {work} are under way; try again later.")


# Names of kinds of work that need an explanation.
DESCRIPTIONS = {SLOW_QUERIES.name: "slow queries (by part of a number, hours, delivery time or several filters)"}

load_slots = KeyedSemaphore(LOADS)
export_slots = KeyedSemaphore(EXPORTS)
query_slots = KeyedSemaphore(SLOW_QUERIES)
