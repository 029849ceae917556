"""Pool of threads that a process does not wait for when it ends."""

import logging
from collections.abc import Callable
from queue import SimpleQueue
from threading import Semaphore, Thread

logger = logging.getLogger(__name__)


class DaemonThreadPool:
    """Pool of at most `size` daemon threads, which start when they are needed.

    The interpreter joins the threads of a ThreadPoolExecutor before it exits, however long they take. A thread that
    waits for a client or for the database would keep a stopping worker alive until it is killed.
    """

    def __init__(self, name: str, size: int, initializer: Callable[[], None] | None = None) -> None:
        """Create the pool. Each thread calls `initializer` once."""
        self._name, self._size, self._initializer = name, size, initializer
        self._calls: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._idle = Semaphore(0)
        self._started = 0

    def submit(self, call: Callable[[], None]) -> None:
        """Run `call` in one of the threads. Only one thread, the worker's loop, may call this."""
        self._calls.put(call)
        if not self._idle.acquire(blocking=False) and self._started < self._size:
            self._started += 1
            Thread(target=self._work, name=f"{self._name}-{self._started}", daemon=True).start()

    def _work(self) -> None:
        if self._initializer:
            self._initializer()
        while True:
            call = self._calls.get()
            try:
                call()
            except Exception as error:
                # The text may contain data of a caller.
                logger.error("crash in a thread: %s", type(error).__name__)
            self._idle.release()
