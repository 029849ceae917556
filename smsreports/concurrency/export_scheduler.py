"""Exports make room: of those in a process one at a time makes a block, and none while somebody waits for an answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition, Lock
from time import monotonic, sleep
from typing import TypeVar

T = TypeVar("T")

# Seconds that a block waits at most: however busy the others are, a file goes on.
MAX_WAIT_SECONDS = 0.05
# While others ask, a process rests after each block for so many times as long as the block took: what a file costs in
# PostgreSQL, and in the other processes, comes on top of what is seen here.
BACKOFF_FACTOR = 3
# Seconds after an answer in which others are said to ask.
ACTIVE_WINDOW_SECONDS = 1


class ExportScheduler:
    """Of one process. A file that is read at full speed takes a core and the interpreter's lock; a list needs both for
    milliseconds."""

    def __init__(self) -> None:
        self._answering, self._answered = 0, 0.0
        self._idle = Condition()
        self._block = Lock()

    @contextmanager
    def request_in_progress(self) -> Iterator[None]:
        """While a request is being answered; of a file, until it begins to stream."""
        with self._idle:
            self._answering += 1
        try:
            yield
        finally:
            with self._idle:
                self._answering -= 1
                if not self._answering:
                    self._idle.notify_all()

    def mark_request(self) -> None:
        """Somebody has an answer, and may want another; a file that begins is no such answer."""
        self._answered = monotonic()

    @contextmanager
    def acquire_slot(self) -> Iterator[None]:
        """For a block of a file."""
        with self._block:
            with self._idle:
                self._idle.wait_for(lambda: not self._answering, MAX_WAIT_SECONDS)
            begun = monotonic()
            yield
            if (ended := monotonic()) < self._answered + ACTIVE_WINDOW_SECONDS:
                sleep((ended - begun) * BACKOFF_FACTOR)


export_scheduler = ExportScheduler()


def schedule_chunks(blocks: Iterator[T]) -> Iterator[T]:
    """Each of them made in a turn of its own."""
    while True:
        with export_scheduler.acquire_slot():
            block = next(blocks, None)
        if block is None:
            return
        yield block
