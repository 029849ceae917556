"""Socket of a client, buffered so that slow clients do not block threads."""

import errno
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.conf import settings
from gunicorn.http.errors import InvalidRequestLine
from rest_framework.exceptions import APIException

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

# Seconds from the end of the headers to the end of a body that a view reads itself; `ingest.body` gives it less.
MAX_BODY_SECONDS = 75
# Bytes of one read.
READ_BYTES = 64 * 1024
# Bytes of one response that may wait in memory for the client. The largest static file and the largest list fit.
MAX_UNSENT_BYTES = 4 * 1024 * 1024
# A client may take READER_SECONDS for each block of this size that is left of a response.
BLOCK_BYTES = 256 * 1024


class ClientSocket(socket.socket):
    """Client socket that the worker's loop fills and flushes without blocking.

    The loop collects a whole request in `received` before a thread handles it, and `recv` reads from there. The part of
    a response that the kernel does not accept goes into `unsent`, and the loop sends it. So a slow client costs some
    memory for a while and never a thread. Two kinds of data are too large for memory and block their thread: the body
    of an upload (`reads_body`) and an export (`buffers_answer` is False).
    """

    def __init__(self, accepted: socket.socket) -> None:
        super().__init__(accepted.family, accepted.type, accepted.proto, fileno=accepted.detach())
        super().setblocking(False)
        self.received = bytearray()
        self.has_ended = False
        self.unsent = bytearray()
        # Error that is sent as the response; the request then does not reach a view.
        self.refusal: APIException | None = None
        self.begin_request()

    def begin_request(self) -> None:
        """Reset the settings of the last request."""
        self.reads_body = False
        self.buffers_answer = True
        self._body_deadline = 0.0

    def let_view_read_body(self) -> None:
        """Let `recv` wait for the rest of the body, for MAX_BODY_SECONDS in total."""
        self.reads_body = True
        self._body_deadline = time.monotonic() + MAX_BODY_SECONDS

    def fill(self) -> None:
        """Read the available bytes. Raises OSError for a broken connection."""
        try:
            data = super().recv(READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        self.received += data
        self.has_ended = not data

    def flush(self) -> bool:
        """Send as much as the kernel accepts. Return True if nothing is left. Raises OSError on a lost connection."""
        if self.unsent:
            del self.unsent[: self._send_some(self.unsent)]
        return not self.unsent

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """Return received bytes to gunicorn's parser and body readers."""
        if self.received:
            data = bytes(self.received[:bufsize])
            del self.received[:bufsize]
            return data
        if self.has_ended:
            return b""
        if not self.reads_body:
            # The loop has received the whole request, so its body is shorter than its headers say.
            raise InvalidRequestLine("the request is cut")
        with self._waiting(self._body_deadline - time.monotonic()):
            return super().recv(bufsize, flags)

    def send(self, data: "ReadableBuffer", flags: int = 0, /) -> int:
        self.sendall(data)
        return len(memoryview(data))

    def sendall(self, data: "ReadableBuffer", flags: int = 0, /) -> None:
        rest = memoryview(data)
        if not self.unsent:
            rest = rest[self._send_some(rest) :]
        if not rest:
            return
        if self.buffers_answer and len(self.unsent) + len(rest) <= MAX_UNSENT_BYTES:
            self.unsent += rest
            return
        with self._waiting(settings.READER_SECONDS):
            super().sendall(self.unsent + rest if self.unsent else rest)
            self.unsent.clear()

    def _send_some(self, data: "ReadableBuffer") -> int:
        try:
            return super().send(data)
        except (BlockingIOError, InterruptedError):
            return 0

    @contextmanager
    def _waiting(self, seconds: float) -> Iterator[None]:
        """Let one call wait for the client for `seconds` in total. Raises ConnectionResetError if it takes longer."""
        try:
            if seconds <= 0:
                raise TimeoutError
            self.settimeout(seconds)
            yield
        except TimeoutError:
            raise ConnectionResetError(errno.ECONNRESET, "the client was too slow") from None
        finally:
            if self.fileno() >= 0:
                super().setblocking(False)
