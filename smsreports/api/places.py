"""Places for work that holds a thread for long, so that lists always find a free one."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

from smsreports.api.errors import Unavailable
from smsreports.telemetry.meters import meters


class Places:
    """Places for `what`: so many at once, so many of one account, and so many who wait for one."""

    def __init__(self, what: str, most: int, most_of_account: int, most_waiting: int) -> None:
        self._what, self._most, self._most_of_account = what, most, most_of_account
        self._most_waiting, self._waiting = most_waiting, 0
        self._taken: Counter[int] = Counter()
        self._changed = Condition()

    @contextmanager
    def taken(self, account: int, patience: float) -> Iterator[None]:
        """Holds a place. Raises Unavailable if there is none for `patience` seconds."""
        with self._changed:
            if not (self._is_free(account) or self._comes_free(account, patience)):
                meters().turned_away.labels(self._what).inc()
                raise Unavailable(f"Too many {self._what} are under way; try again later.")
            self._taken[account] += 1
        try:
            yield
        finally:
            with self._changed:
                self._taken -= Counter([account])  # which forgets who has none left
                self._changed.notify_all()

    def _comes_free(self, account: int, patience: float) -> bool:
        if self._waiting >= self._most_waiting:
            return False
        self._waiting += 1
        try:
            return self._changed.wait_for(lambda: self._is_free(account), patience)
        finally:
            self._waiting -= 1

    def _is_free(self, account: int) -> bool:
        return self._taken.total() < self._most and self._taken[account] < self._most_of_account
