"""gunicorn's threaded worker: clients may be slow, but not for ever, and nobody waits in vain for one that stops."""

import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from selectors import EVENT_READ
from threading import Semaphore
from typing import Any

from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, ThreadWorker

from smsreports.serving import stopping
from smsreports.serving.clients import BODY_SECONDS, HEADERS_SECONDS, Patient
from smsreports.serving.queue import LONGEST, TELLERS, become_teller

SWITCH_SECONDS = 0.0005


class Worker(ThreadWorker):
    """So many requests wait for a thread, and whoever comes on top is told to come back, by threads of their own.

    On SIGTERM it answers who is in its queue, refuses who comes later, and ends when its answers have gone out.

    gunicorn's own only ceases to accept: its socket listens on, and whoever connects hangs until the worker is gone.
    """

    def init_process(self) -> None:
        self._places = Semaphore(self.cfg.threads + LONGEST)
        self._tellers = ThreadPoolExecutor(TELLERS, initializer=become_teller)
        # A list that waits for the interpreter while a file is written gets it after so long, and not after ten times.
        sys.setswitchinterval(SWITCH_SECONDS)
        super().init_process()

    def handle_exit(self, sig: int, frame: Any) -> None:
        stopping.begin()
        super().handle_exit(sig, frame)

    def set_accept_enabled(self, enabled: bool) -> None:
        if not self.alive:
            self._take_the_last()
        super().set_accept_enabled(enabled)
        if not self.alive:
            self._hurry()
            for listener in self.sockets:
                listener.close()

    def _hurry(self) -> None:
        """Who has connected and says nothing is not waited for."""
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, time.monotonic() + STOP_KEEPALIVE_LINGER)

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
        if conn.initialized or conn.data_ready:
            handled = self._submitted(conn)
            handled.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))
        else:
            self._await(conn)

    def _submitted(self, conn: Any) -> Future[Any]:
        if not self._places.acquire(blocking=False):
            return self._tellers.submit(self.handle, conn)
        handled: Future[Any] = self.tpool.submit(self.handle, conn)
        handled.add_done_callback(lambda done: self._places.release())
        return handled

    def _await(self, conn: Any) -> None:
        """No thread waits for the first byte, as gunicorn's own do for five seconds: whoever connects and says nothing
        costs nobody anything."""
        conn.sock.setblocking(False)
        conn.timeout = time.monotonic() + HEADERS_SECONDS
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))

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
