"""gunicorn's threaded worker with a loop that does all the waiting for clients."""

import errno
import logging
import signal
import socket
import sys
import time
from collections.abc import Callable
from functools import partial
from selectors import EVENT_READ, EVENT_WRITE
from threading import Semaphore
from types import FrameType

from django.conf import settings
from gunicorn.http.errors import NoMoreData, ParseException
from gunicorn.workers.gthread import ThreadWorker

from smsreports.concurrency.limits import MAX_QUEUED_REQUESTS, REJECT_THREADS
from smsreports.serving import shutdown
from smsreports.serving.client_socket import BLOCK_BYTES, ClientSocket
from smsreports.serving.connection import BODY_SECONDS, BodyTooSlow, Connection, Phase, Progress
from smsreports.serving.overload import reject_only
from smsreports.serving.refusals import problem_of, stand_in
from smsreports.serving.threads import Threads

logger = logging.getLogger(__name__)
SWITCH_SECONDS = 0.0005
# Seconds between two looks at the deadlines.
SWEEP_SECONDS = 0.25
# Seconds that a client has to hang up after the last answer. A socket that is closed before the client has read would
# take the answer back.
LINGER_SECONDS = 2
# Bytes of all answers together that wait in memory for slow clients.
MAX_UNSENT_BYTES = 128 * 1024 * 1024
# Seconds that answers other than exports have to end after Ctrl-C.
QUICK_SECONDS = 2
# What a client that has gone away leaves behind.
GONE = (errno.EPIPE, errno.ECONNRESET, errno.ENOTCONN, errno.EBADF)


class Worker(ThreadWorker):
    """The main thread accepts, reads requests and sends what is left of answers, for all clients at once and without
    waiting for any. Other threads answer whole requests. As many requests as MAX_QUEUED_REQUESTS says wait for a
    thread; further
    ones are told to come back by threads of their own, and probes have a thread of their own.

    On SIGTERM it answers what has come, refuses what comes later, and ends when its answers have gone out.
    """

    def init_process(self) -> None:
        self._places = Semaphore(self.cfg.threads + MAX_QUEUED_REQUESTS)
        self._requests = Threads("request", self.cfg.threads)
        self._tellers = Threads("busy", REJECT_THREADS, reject_only)
        self._probes = Threads("probe", 1)
        # In the order in which they began to wait: the first goes when there are too many.
        self._waiting: dict[Connection, None] = {}
        self._answering: set[Connection] = set()
        self._next_sweep = 0.0
        self._interrupts = 0
        self._is_quick = False
        # A list that waits for the interpreter while a file is written gets it after so long, and not after ten times.
        sys.setswitchinterval(SWITCH_SECONDS)
        super().init_process()

    # Signal handlers interrupt the loop anywhere, and each other: they set flags and take no lock.

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        shutdown.begin_shutdown()
        self.alive = False
        self.method_queue.defer(lambda: None)

    def handle_quit(self, sig: int, frame: FrameType | None) -> None:
        """End quickly. Ctrl-C sends SIGINT to this process and to the arbiter, which then sends SIGQUIT: only a second
        SIGINT is a second Ctrl-C."""
        self._interrupts += sig == signal.SIGINT
        self._is_quick = True
        self.handle_exit(sig, frame)

    def run(self) -> None:
        self.poller.register(self.method_queue.fileno(), EVENT_READ, self.method_queue.run_callbacks)
        for listener in self.sockets:
            listener.setblocking(False)
            self.poller.register(listener, EVENT_READ, self.accept)
        while self.alive and self.is_parent_alive():
            self._run_once()
        self._stop()

    def _run_once(self) -> None:
        self.notify()
        self.wait_for_and_dispatch_events(SWEEP_SECONDS if self._waiting else 1.0)
        if (now := time.monotonic()) >= self._next_sweep:
            self._next_sweep = now + SWEEP_SECONDS
            self._end_overdue(now)

    def _stop(self) -> None:
        """Answer what is under way for at most STOP_SECONDS; after Ctrl-C only exports have so long."""
        begun = time.monotonic()
        for listener in self.sockets:
            if not self._is_quick:
                while self.accept(listener):
                    pass
            self.poller.unregister(listener)
            # Closed at once: who connects later is refused and does not hang until this process is gone.
            listener.close()
        while (self._waiting or self._answering) and self._interrupts < 2:
            elapsed = time.monotonic() - begun
            is_exporting = any(not conn.sock.buffers_answer for conn in self._answering)
            if elapsed > settings.STOP_SECONDS or (self._is_quick and elapsed > QUICK_SECONDS and not is_exporting):
                break
            self._hurry()
            self._run_once()
        for sig in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
            # The interpreter no longer runs our handlers while it ends, and a late signal would kill it.
            signal.signal(sig, signal.SIG_IGN)

    def _hurry(self) -> None:
        """While stopping, do not wait for clients who say nothing; after Ctrl-C for none who have no whole request."""
        soon = time.monotonic() + LINGER_SECONDS
        for conn in list(self._waiting):
            if self._is_quick and conn.phase is not Phase.FLUSH:
                self._drop(conn)
            elif conn.phase is Phase.IDLE:
                conn.deadline = min(conn.deadline, soon)

    def accept(self, listener: socket.socket) -> bool:
        """Return whether there was a connection that could be taken."""
        try:
            accepted, client = listener.accept()
        except OSError as fault:
            if fault.errno in (errno.EMFILE, errno.ENFILE):
                self._drop_oldest()
            return False
        if len(self._waiting) + len(self._answering) >= self.worker_connections and not self._drop_oldest():
            accepted.close()
            return False
        conn = Connection(self.cfg, ClientSocket(accepted), client, listener.getsockname())
        self._receive(conn)
        return True

    def _receive(self, conn: Connection) -> None:
        try:
            conn.sock.fill()
            self._advance(conn)
        except OSError:
            self._drop(conn)

    def _advance(self, conn: Connection) -> None:
        match conn.advance():
            case Progress.READY:
                self._submit(conn)
            case Progress.GONE:
                self._drop(conn)
            case Progress.WAITS if conn not in self._waiting:
                self._wait(conn, EVENT_READ)

    def _wait(self, conn: Connection, event: int) -> None:
        self._waiting[conn] = None
        self.poller.register(conn.sock, event, partial(self._on_event, conn))

    def _on_event(self, conn: Connection, sock: ClientSocket) -> None:
        if conn not in self._waiting:  # it was dropped after this event had come
            return
        if conn.phase is Phase.FLUSH:
            self._flush(conn)
        elif conn.phase is Phase.LINGER:
            self._discard(conn)
        else:
            self._receive(conn)

    def _forget(self, conn: Connection) -> None:
        """Stop waiting for it."""
        if conn in self._waiting:
            del self._waiting[conn]
            self.poller.unregister(conn.sock)

    def _drop(self, conn: Connection) -> None:
        self._forget(conn)
        conn.sock.close()

    def _drop_oldest(self) -> bool:
        """Drop who has waited longest, and return whether there was somebody."""
        for conn in self._waiting:
            self._drop(conn)
            return True
        return False

    def _end_overdue(self, now: float) -> None:
        for conn in [conn for conn in self._waiting if conn.deadline <= now]:
            if conn.phase is Phase.BODY:
                conn.refusal = BodyTooSlow(f"no whole body after {BODY_SECONDS} s")
                self._submit(conn)
            else:
                self._drop(conn)

    def _submit(self, conn: Connection) -> None:
        self._forget(conn)
        self._answering.add(conn)
        conn.phase = Phase.ANSWER
        if conn.request is not None and conn.request.path in settings.PROBES:
            self._probes.submit(partial(self._answer, conn))
        elif self._places.acquire(blocking=False):
            self._requests.submit(partial(self._answer, conn, self._places.release))
        else:
            self._tellers.submit(partial(self._answer, conn))

    def _answer(self, conn: Connection, release: Callable[[], None] = lambda: None) -> None:
        conn.keeps_alive = False
        try:
            conn.keeps_alive = self.handle(conn)
        finally:
            release()
            self.method_queue.defer(self._end_answer, conn)

    def handle(self, conn: Connection) -> bool:
        """Answer the request in a thread, and return whether another may follow."""
        try:
            if conn.refusal is not None:
                self._refuse(conn, conn.refusal)
                return False
            return bool(self.handle_request(conn.request, conn)) and conn.finish_body()
        except NoMoreData:
            return False
        except OSError as fault:
            if fault.errno not in GONE:
                logger.error("a client's socket failed: %s", errno.errorcode.get(fault.errno or 0, "unknown"))
        except StopIteration:  # the answer was broken off, and logged
            pass
        except Exception as fault:
            self._fail(conn, fault)
        return False

    def _fail(self, conn: Connection, fault: Exception) -> None:
        """Answer for a fault that no view and no middleware has handled. Nothing has been sent yet."""
        if not isinstance(fault, ParseException):
            # The text may hold a caller's data.
            logger.error("crash outside the views: %s", type(fault).__name__)
        try:
            self._refuse(conn, fault)
        except Exception as another:
            logger.error("no answer to a crash: %s", type(another).__name__)

    def _refuse(self, conn: Connection, fault: Exception) -> None:
        conn.sock.reads_body = False
        conn.sock.refusal = problem_of(fault)
        self.handle_request(stand_in(self.cfg, conn.client, conn.start), conn)

    def _end_answer(self, conn: Connection) -> None:
        self._answering.discard(conn)
        if not conn.sock.unsent or conn.sock.fileno() < 0:
            self._next(conn)
            return
        conn.phase = Phase.FLUSH
        blocks = 1 + len(conn.sock.unsent) // BLOCK_BYTES
        conn.deadline = time.monotonic() + settings.READER_SECONDS * blocks
        self._wait(conn, EVENT_WRITE)
        self._bound_unsent()

    def _bound_unsent(self) -> None:
        """Drop who has taken longest, until what waits for the others fits into memory."""
        flushing = [conn for conn in self._waiting if conn.phase is Phase.FLUSH]
        total = sum(len(conn.sock.unsent) for conn in flushing)
        for conn in flushing:
            if total <= MAX_UNSENT_BYTES:
                break
            total -= len(conn.sock.unsent)
            self._drop(conn)

    def _flush(self, conn: Connection) -> None:
        try:
            if not conn.sock.flush():
                return
        except OSError:
            self._drop(conn)
            return
        self._forget(conn)
        self._next(conn)

    def _next(self, conn: Connection) -> None:
        """The answer is out: await the next request, or let the client hang up."""
        try:
            if conn.keeps_alive:
                conn.next_request()
                conn.deadline = time.monotonic() + self.cfg.keepalive
                self._advance(conn)
            else:
                conn.sock.shutdown(socket.SHUT_WR)
                conn.phase, conn.deadline = Phase.LINGER, time.monotonic() + LINGER_SECONDS
                self._wait(conn, EVENT_READ)
        except OSError:
            self._drop(conn)

    def _discard(self, conn: Connection) -> None:
        """A client that is still sending would see the connection break instead of its answer, so that is read."""
        try:
            conn.sock.fill()
        except OSError:
            conn.sock.has_ended = True
        conn.sock.received.clear()
        if conn.sock.has_ended:
            self._drop(conn)
