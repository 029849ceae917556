"""Exports make room: of those in a process one at a time makes a block, and none while somebody waits for an answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition, Lock
from time import monotonic, sleep
from typing import TypeVar

T = TypeVar("T")

# Seconds that a block waits at most: however busy the others are, a file goes on.
PATIENCE = 0.05
# While others ask, a process rests after each block for so many times as long as the block took: what a file costs in
# PostgreSQL, and in the other processes, comes on top of what is seen here.
REST = 3
# Seconds after an answer in which others are said to ask.
LATELY = 1


class Turns:
    """Of one process. A file that is read at full speed takes a core and the interpreter's lock; a list needs both for
    milliseconds."""

    def __init__(self) -> None:
        self._answering, self._answered = 0, 0.0
        self._idle = Condition()
        self._block = Lock()

    @contextmanager
    def answering(self) -> Iterator[None]:
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

    def answered(self) -> None:
        """Somebody has an answer, and may want another; a file that begins is no such answer."""
        self._answered = monotonic()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """For a block of a file."""
        with self._block:
            with self._idle:
                self._idle.wait_for(lambda: not self._answering, PATIENCE)
            begun = monotonic()
            yield
            if (ended := monotonic()) < self._answered + LATELY:
                sleep((ended - begun) * REST)


turns = Turns()


def in_turns(blocks: Iterator[T]) -> Iterator[T]:
    """Each of them made in a turn of its own."""
    while True:
        with turns.taken():
            block = next(blocks, None)
        if block is None:
            return
        yield block
