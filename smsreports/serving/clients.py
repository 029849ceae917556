"""Sockets of clients who may be slow, but not for ever."""

import errno
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings

# Seconds from the first byte of a request to the end of its headers: they fit into a packet or two.
HEADERS_SECONDS = 10
# Seconds from there to the end of its body; those who read one say so earlier (see `ingest.body`).
BODY_SECONDS = 75


class Patient(socket.socket):
    """A client's socket. A whole request must have come by `until`, however it trickles in, and each block of the
    answer must be taken in time: a timeout of `sendall` is for all of its bytes. A client who is too slow for that
    counts as one who has left."""

    until = 0.0

    def wait(self, seconds: float) -> None:
        """From now on, for what is read."""
        self.until = time.monotonic() + seconds

    def setblocking(self, flag: bool, /) -> None:
        """What the worker does when a request begins."""
        if self.fileno() >= 0:  # it may be closed already, see `handle`
            super().setblocking(flag)
            self.wait(HEADERS_SECONDS)

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        with self._within(self.until - time.monotonic()):
            return super().recv(bufsize, flags)

    def sendall(self, data: Any, flags: int = 0, /) -> None:
        with self._within(settings.READER_SECONDS):
            super().sendall(data, flags)

    @contextmanager
    def _within(self, seconds: float) -> Iterator[None]:
        """Or less, where the worker has set less: it does when it takes in the rest of a body."""
        given = self.gettimeout()
        try:
            if seconds <= 0:
                raise TimeoutError
            self.settimeout(seconds if given is None else min(seconds, given))
            yield
        except TimeoutError:
            raise ConnectionResetError(errno.ECONNRESET, "the client was too slow") from None
        finally:
            if self.fileno() >= 0:
                self.settimeout(given)
