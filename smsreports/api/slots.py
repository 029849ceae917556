"""Slots for queries that read many rows for one answer, so that no account takes all threads of a process."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

from rest_framework.exceptions import Throttled

from smsreports.api.errors import RETRY_AFTER, Unavailable
from smsreports.telemetry.meters import meters

# Of the threads of a process (see `smsreports.serving.server`): so many run such a query at once, so many of those for
# one account, and so many more may wait.
MAX_RUNNING, MAX_RUNNING_OF_ACCOUNT, MAX_WAITING = 3, 2, 2
# Seconds to wait for a slot. Most of these queries take milliseconds: whoever sends four at once is served.
WAIT_SECONDS = 1
# The account of staff searches, which look at every account's rows.
EVERY_ACCOUNT = 0


class QuerySlots:
    """A semaphore over accounts, of one process."""

    def __init__(self, max_running: int, max_running_of_account: int, max_waiting: int) -> None:
        self._max_running, self._max_running_of_account = max_running, max_running_of_account
        self._max_waiting, self._waiting = max_waiting, 0
        self._running: Counter[int] = Counter()
        self._changed = Condition()

    @contextmanager
    def acquire(self, account: int, seconds: float = WAIT_SECONDS) -> Iterator[None]:
        """Hold a slot.

        Raises Throttled where the account itself runs as many queries as it may, and Unavailable where others do, if no
        slot comes free within `seconds`. Both are raised at once where enough others already wait.
        """
        with self._changed:
            if not (self._is_free(account) or self._comes_free(account, seconds)):
                meters().turned_away.labels("queries").inc()
                raise self._refusal(account)
            self._running[account] += 1
        try:
            yield
        finally:
            with self._changed:
                self._running -= Counter([account])  # drops an account that runs none
                self._changed.notify_all()

    def _is_free(self, account: int) -> bool:
        return self._running.total() < self._max_running and not self._is_at_limit(account)

    def _is_at_limit(self, account: int) -> bool:
        return self._running[account] >= self._max_running_of_account

    def _comes_free(self, account: int, seconds: float) -> bool:
        if self._waiting >= self._max_waiting:
            return False
        self._waiting += 1
        try:
            return self._changed.wait_for(lambda: self._is_free(account), seconds)
        finally:
            self._waiting -= 1

    def _refusal(self, account: int) -> Throttled | Unavailable:
        what = "Too many slow queries (by part of a number, hours, delivery time or several filters)"
        if self._is_at_limit(account):
            return Throttled(RETRY_AFTER, f"{what} of this account are under way.")
        return Unavailable(f"{what} are under way; try again later.")


slots = QuerySlots(MAX_RUNNING, MAX_RUNNING_OF_ACCOUNT, MAX_WAITING)
