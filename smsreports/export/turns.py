"""Exports make room: of those in a process one at a time makes a block, and none while somebody waits for an answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition, Lock
from typing import TypeVar

T = TypeVar("T")

# Seconds that a block waits at most: however busy the others are, a file goes on, with 5 MB a second or more.
PATIENCE = 0.05


class Turns:
    """Of one process. A file that is read at full speed takes a core and the interpreter's lock; a list needs both for
    milliseconds."""

    def __init__(self) -> None:
        self._answering = 0
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

    @contextmanager
    def taken(self) -> Iterator[None]:
        """For a block of a file."""
        with self._block:
            with self._idle:
                self._idle.wait_for(lambda: not self._answering, PATIENCE)
            yield


turns = Turns()


def in_turns(blocks: Iterator[T]) -> Iterator[T]:
    """Each of them made in a turn of its own."""
    while True:
        with turns.taken():
            block = next(blocks, None)
        if block is None:
            return
        yield block
