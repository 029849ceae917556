"""Priority of requests over exports: one export per process makes a chunk at a time, none while a request runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition, Lock
from time import monotonic, sleep
from typing import TypeVar

T = TypeVar("T")

# Seconds that a chunk waits at most, so that exports continue however busy the process is.
MAX_WAIT_SECONDS = 0.05
# While requests come in, exports pause after each chunk for this many times as long as the chunk took. A chunk costs
# more than the time measured here: PostgreSQL and other processes work for it too.
BACKOFF_FACTOR = 3
# Seconds after a request in which the process counts as busy.
ACTIVE_WINDOW_SECONDS = 1


class ExportScheduler:
    """Scheduler of the exports of one process.

    An export at full speed takes a CPU core and the interpreter's lock. A list needs both for milliseconds.
    """

    def __init__(self) -> None:
        self._requests_running, self._last_request = 0, 0.0
        self._idle = Condition()
        self._chunk_lock = Lock()

    @contextmanager
    def request_in_progress(self) -> Iterator[None]:
        """Hold back chunks while a request is answered. For an export, that ends when it begins to stream."""
        with self._idle:
            self._requests_running += 1
        try:
            yield
        finally:
            with self._idle:
                self._requests_running -= 1
                if not self._requests_running:
                    self._idle.notify_all()

    def mark_request(self) -> None:
        """Note that a request was answered, so that exports pause between chunks. Not called for exports."""
        self._last_request = monotonic()

    @contextmanager
    def acquire_slot(self) -> Iterator[None]:
        """Wait for other chunks and for requests, run the block that makes a chunk, and pause if requests come in."""
        with self._chunk_lock:
            with self._idle:
                self._idle.wait_for(lambda: not self._requests_running, MAX_WAIT_SECONDS)
            started = monotonic()
            yield
            if (finished := monotonic()) < self._last_request + ACTIVE_WINDOW_SECONDS:
                sleep((finished - started) * BACKOFF_FACTOR)


export_scheduler = ExportScheduler()


def schedule_chunks(chunks: Iterator[T]) -> Iterator[T]:
    """Yield the chunks. Each is made in a slot of its own, so that a slow reader holds none."""
    while True:
        with export_scheduler.acquire_slot():
            chunk = next(chunks, None)
        if chunk is None:
            return
        yield chunk
