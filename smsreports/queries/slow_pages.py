"""Deep pages that took too long a moment ago: the same ones, and deeper ones, are refused before they are read."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic

from django.conf import settings

from smsreports.exceptions import TooSlow

# Seconds for which a page is not tried again. The reason may have been a busy moment.
RETRY_SECONDS = 30
# Lists that are remembered: the newest.
MAX_REMEMBERED = 1_000


class SlowPages:
    """What a process remembers: of a list, from which row on a page took too long, and until when that counts."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._known: dict[Hashable, tuple[int, float]] = {}
        self._lock = Lock()

    @contextmanager
    def watch_page(self, list_key: Hashable, first: int) -> Iterator[None]:
        """Raise TooSlow at once for the page from row `first` on if it is known to be; learn it otherwise."""
        self._raise_if_known(list_key, first)
        try:
            yield
        except TooSlow:
            self._remember_page(list_key, first)
            raise

    def _raise_if_known(self, question: Hashable, first: int) -> None:
        with self._lock:
            row, until = self._known.get(question, (first, 0.0))
        if first >= row and self._clock() < until:
            raise TooSlow(settings.LIST_SECONDS)

    def _remember_page(self, question: Hashable, first: int) -> None:
        with self._lock:
            self._known.pop(question, None)
            self._known[question] = first, self._clock() + RETRY_SECONDS
            if len(self._known) > MAX_REMEMBERED:
                del self._known[next(iter(self._known))]


slow_pages = SlowPages()
