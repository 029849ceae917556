"""gunicorn's threaded worker, with a loop that does all waiting for clients."""

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
from smsreports.serving.refusals import build_substitute_request, to_refusal
from smsreports.serving.threads import DaemonThreadPool

logger = logging.getLogger(__name__)
SWITCH_SECONDS = 0.0005
# Seconds between two checks of the deadlines.
SWEEP_SECONDS = 0.25
# Seconds that a client has to close the connection after the last response. If we closed it first, bytes that the
# client has not read yet could be lost.
LINGER_SECONDS = 2
# Bytes of all responses together that may wait in memory for slow clients.
MAX_UNSENT_BYTES = 128 * 1024 * 1024
# Seconds that responses other than exports have to end after Ctrl-C.
QUICK_SECONDS = 2
# Errors of a socket whose client has gone away.
CLIENT_GONE_ERRORS = (errno.EPIPE, errno.ECONNRESET, errno.ENOTCONN, errno.EBADF)


class Worker(ThreadWorker):
    """Worker whose main thread reads requests and sends the rest of responses, for all clients without blocking.

    Other threads handle whole requests. Up to MAX_QUEUED_REQUESTS wait for a thread; separate threads answer 503 to
    further ones, and one thread handles probes. On SIGTERM the worker answers the requests it has received, refuses new
    connections, and ends when its responses have been sent.
    """

    def init_process(self) -> None:
        self._slots = Semaphore(self.cfg.threads + MAX_QUEUED_REQUESTS)
        self._request_pool = DaemonThreadPool("request", self.cfg.threads)
        self._reject_pool = DaemonThreadPool("busy", REJECT_THREADS, reject_only)
        self._probe_pool = DaemonThreadPool("probe", 1)
        # In the order in which they began to wait; the first is dropped when there are too many.
        self._waiting: dict[Connection, None] = {}
        self._answering: set[Connection] = set()
        self._next_sweep = 0.0
        self._interrupts = 0
        self._is_quick = False
        # A list waits no longer than this for the interpreter while an export runs, instead of ten times as long.
        sys.setswitchinterval(SWITCH_SECONDS)
        super().init_process()

    # Signal handlers interrupt the loop anywhere, and each other: they set flags and take no lock.

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        shutdown.begin_shutdown()
        self.alive = False
        self.method_queue.defer(lambda: None)

    def handle_quit(self, sig: int, frame: FrameType | None) -> None:
        """End quickly. Ctrl-C sends SIGINT to us and to the arbiter, which sends SIGQUIT: only SIGINT counts twice."""
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
            self._end_expired(now)

    def _stop(self) -> None:
        """Finish requests in progress for at most STOP_SECONDS; after Ctrl-C, only exports have this time."""
        started = time.monotonic()
        for listener in self.sockets:
            if not self._is_quick:
                while self.accept(listener):
                    pass
            self.poller.unregister(listener)
            # Closed at once, so that new connections are refused and do not hang until this process ends.
            listener.close()
        while (self._waiting or self._answering) and self._interrupts < 2:
            elapsed = time.monotonic() - started
            is_exporting = any(not conn.sock.buffers_answer for conn in self._answering)
            if elapsed > settings.STOP_SECONDS or (self._is_quick and elapsed > QUICK_SECONDS and not is_exporting):
                break
            self._shorten_idle_timeouts()
            self._run_once()
        for sig in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
            # While the interpreter ends it does not run our handlers, and a signal would kill it.
            signal.signal(sig, signal.SIG_IGN)

    def _shorten_idle_timeouts(self) -> None:
        """While stopping, wait less for idle clients; after Ctrl-C, drop those without a whole request."""
        soon = time.monotonic() + LINGER_SECONDS
        for conn in list(self._waiting):
            if self._is_quick and conn.phase is not Phase.FLUSH:
                self._drop(conn)
            elif conn.phase is Phase.IDLE:
                conn.deadline = min(conn.deadline, soon)

    def accept(self, listener: socket.socket) -> bool:
        """Accept one connection. Return False if there was none, or no room for it."""
        try:
            accepted, client = listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
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
        if conn not in self._waiting:  # dropped after this event
            return
        if conn.phase is Phase.FLUSH:
            self._flush(conn)
        elif conn.phase is Phase.LINGER:
            self._discard(conn)
        else:
            self._receive(conn)

    def _stop_waiting(self, conn: Connection) -> None:
        if conn in self._waiting:
            del self._waiting[conn]
            self.poller.unregister(conn.sock)

    def _drop(self, conn: Connection) -> None:
        self._stop_waiting(conn)
        conn.sock.close()

    def _drop_oldest(self) -> bool:
        """Drop the connection that has waited longest. Return False if none waits."""
        for conn in self._waiting:
            self._drop(conn)
            return True
        return False

    def _end_expired(self, now: float) -> None:
        for conn in [conn for conn in self._waiting if conn.deadline <= now]:
            if conn.phase is Phase.BODY:
                conn.refusal = BodyTooSlow(f"no whole body after {BODY_SECONDS} s")
                self._submit(conn)
            else:
                self._drop(conn)

    def _submit(self, conn: Connection) -> None:
        self._stop_waiting(conn)
        self._answering.add(conn)
        conn.phase = Phase.ANSWER
        if conn.request is not None and conn.request.path in settings.PROBES:
            self._probe_pool.submit(partial(self._answer, conn))
        elif self._slots.acquire(blocking=False):
            self._request_pool.submit(partial(self._answer, conn, self._slots.release))
        else:
            self._reject_pool.submit(partial(self._answer, conn))

    def _answer(self, conn: Connection, release: Callable[[], None] = lambda: None) -> None:
        conn.keeps_alive = False
        try:
            conn.keeps_alive = self.handle(conn)
        finally:
            release()
            self.method_queue.defer(self._end_answer, conn)

    def handle(self, conn: Connection) -> bool:
        """Answer the request in a thread. Return True if another may follow."""
        try:
            if conn.refusal is not None:
                self._refuse(conn, conn.refusal)
                return False
            return bool(self.handle_request(conn.request, conn)) and conn.finish_body()
        except NoMoreData:
            return False
        except OSError as error:
            if error.errno not in CLIENT_GONE_ERRORS:
                logger.error("a client's socket failed: %s", errno.errorcode.get(error.errno or 0, "unknown"))
        except StopIteration:  # gunicorn has logged the error and closed the connection
            pass
        except Exception as error:
            self._answer_crash(conn, error)
        return False

    def _answer_crash(self, conn: Connection, error: Exception) -> None:
        """Answer after an error that no view and no middleware has handled. Nothing has been sent yet."""
        if not isinstance(error, ParseException):
            # The text may contain data of a caller.
            logger.error("crash outside the views: %s", type(error).__name__)
        try:
            self._refuse(conn, error)
        except Exception as second_error:
            logger.error("no answer to a crash: %s", type(second_error).__name__)

    def _refuse(self, conn: Connection, error: Exception) -> None:
        conn.sock.reads_body = False
        conn.sock.refusal = to_refusal(error)
        self.handle_request(build_substitute_request(self.cfg, conn.client, conn.start), conn)

    def _end_answer(self, conn: Connection) -> None:
        self._answering.discard(conn)
        if not conn.sock.unsent or conn.sock.fileno() < 0:
            self._await_next_request(conn)
            return
        conn.phase = Phase.FLUSH
        blocks = 1 + len(conn.sock.unsent) // BLOCK_BYTES
        conn.deadline = time.monotonic() + settings.READER_SECONDS * blocks
        self._wait(conn, EVENT_WRITE)
        self._limit_unsent()

    def _limit_unsent(self) -> None:
        """Drop the slowest clients until the unsent bytes of the others fit into MAX_UNSENT_BYTES."""
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
        self._stop_waiting(conn)
        self._await_next_request(conn)

    def _await_next_request(self, conn: Connection) -> None:
        """Wait for the next request, or for the client to close the connection."""
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
        """Read and discard input: a client that is still sending would get a reset instead of its response."""
        try:
            conn.sock.fill()
        except OSError:
            conn.sock.has_ended = True
        conn.sock.received.clear()
        if conn.sock.has_ended:
            self._drop(conn)
