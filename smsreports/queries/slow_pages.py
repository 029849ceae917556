"""Memory of deep pages that were too slow a moment ago. They, and deeper ones, are refused without a query."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic

from django.conf import settings

from smsreports.exceptions import TooSlow

# Seconds for which a page is not tried again. The reason may have been a busy moment.
RETRY_SECONDS = 30
# The oldest lists beyond this number are forgotten.
MAX_REMEMBERED = 1_000


class SlowPages:
    """Slow pages of one process: for each list, the row from which pages are too slow, and until when it counts."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._known: dict[Hashable, tuple[int, float]] = {}
        self._lock = Lock()

    @contextmanager
    def watch_page(self, list_key: Hashable, first: int) -> Iterator[None]:
        """Raise TooSlow at once if the page that starts at row `first` is known to be slow.

        Otherwise run the block, and remember the page if the block raises TooSlow.
        """
        with self._lock:
            slow_from, until = self._known.get(list_key, (first, 0.0))
        if first >= slow_from and self._clock() < until:
            raise TooSlow(settings.LIST_SECONDS)
        try:
            yield
        except TooSlow:
            self._remember_page(list_key, first)
            raise

    def _remember_page(self, list_key: Hashable, first: int) -> None:
        with self._lock:
            self._known.pop(list_key, None)
            self._known[list_key] = first, self._clock() + RETRY_SECONDS
            if len(self._known) > MAX_REMEMBERED:
                del self._known[next(iter(self._known))]


slow_pages = SlowPages()
