"""gunicorn's threaded worker: clients may be slow, but not for ever, and nobody waits in vain for one that stops."""

from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from smsreports.serving import stopping
from smsreports.serving.clients import BODY_SECONDS, Patient


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

    def enqueue_req(self, conn: Any) -> None:
        """Each connection comes by here before anything is read of it."""
        if not isinstance(conn.sock, Patient):
            conn.sock = Patient(fileno=conn.sock.detach())
        super().enqueue_req(conn)

    def handle(self, conn: Any) -> Any:
        """Closes a connection that is over here, in its thread: closing waits up to two seconds for the client to hang
        up, and where gunicorn does it, in the loop that accepts, everybody would wait with it."""
        goes_on = super().handle(conn)
        if not goes_on:
            conn.close(graceful=True)
        return goes_on

    def handle_request(self, req: Any, conn: Any) -> Any:
        """The headers are there."""
        conn.sock.wait(BODY_SECONDS)
        return super().handle_request(req, conn)
