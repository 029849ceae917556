"""gunicorn's worker, with a stop that nobody has to wait for in vain."""

from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from smsreports.serving import stopping


class Worker(ThreadWorker):
    """On SIGTERM it answers who is in its queue, refuses who comes later, and ends when its answers have gone out.

    gunicorn's own only ceases to accept: its socket listens on, and whoever connects hangs until the worker is gone.
    """

    def handle_exit(self, sig: int, frame: Any) -> None:
        stopping.begin()
        super().handle_exit(sig, frame)

    def set_accept_enabled(self, enabled: bool) -> None:
        if not self.alive:
            self._take_the_last()
        super().set_accept_enabled(enabled)
        if not self.alive:
            for listener in self.sockets:
                listener.close()

    def _take_the_last(self) -> None:
        for listener in self.sockets if self._accepting else ():
            listener.setblocking(False)
            before = -1
            while before < self.nr_conns:
                before = self.nr_conns
                self.accept(listener)
