"""Deep pages that took too long a moment ago: the same ones, and deeper ones, are refused before they are read."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic

from django.conf import settings

from smsreports.api.errors import TooSlow

# Seconds for which a page is not tried again. The reason may have been a busy moment.
SECONDS = 30
# Lists that are remembered: the newest.
MAX_REMEMBERED = 1_000


class Hopeless:
    """What a process remembers: of a list, from which row on a page took too long, and until when that counts."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._known: dict[Hashable, tuple[int, float]] = {}
        self._lock = Lock()

    @contextmanager
    def watch(self, question: Hashable, first: int) -> Iterator[None]:
        """Raise TooSlow at once for the page from row `first` on if it is known to be; learn it otherwise."""
        self._refuse(question, first)
        try:
            yield
        except TooSlow:
            self._remember(question, first)
            raise

    def _refuse(self, question: Hashable, first: int) -> None:
        with self._lock:
            row, until = self._known.get(question, (first, 0.0))
        if first >= row and self._clock() < until:
            raise TooSlow(settings.LIST_SECONDS)

    def _remember(self, question: Hashable, first: int) -> None:
        with self._lock:
            self._known.pop(question, None)
            self._known[question] = first, self._clock() + SECONDS
            if len(self._known) > MAX_REMEMBERED:
                del self._known[next(iter(self._known))]


hopeless = Hopeless()
