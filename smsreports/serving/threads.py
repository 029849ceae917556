"""Threads that a process does not wait for when it ends."""

import logging
from collections.abc import Callable
from queue import SimpleQueue
from threading import Semaphore, Thread

logger = logging.getLogger(__name__)


class Threads:
    """At most `size` daemon threads, started when they are needed.

    The interpreter joins the threads of a ThreadPoolExecutor before it exits, however long they take: one that waits
    for a client or for the database would keep a stopping worker alive until it is killed.
    """

    def __init__(self, name: str, size: int, begin: Callable[[], None] | None = None) -> None:
        """`begin` is called once in each thread."""
        self._name, self._size, self._begin = name, size, begin
        self._calls: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._idle = Semaphore(0)
        self._started = 0

    def submit(self, call: Callable[[], None]) -> None:
        """Run `call` in one of the threads. Only one thread, the worker's loop, may submit."""
        self._calls.put(call)
        if not self._idle.acquire(blocking=False) and self._started < self._size:
            self._started += 1
            Thread(target=self._work, name=f"{self._name}-{self._started}", daemon=True).start()

    def _work(self) -> None:
        if self._begin:
            self._begin()
        while True:
            call = self._calls.get()
            try:
                call()
            except Exception as fault:
                # The text may hold a caller's data.
                logger.error("crash in a thread: %s", type(fault).__name__)
            self._idle.release()
