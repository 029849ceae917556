"""A client that takes a file at its own pace, and leaves when it is told to."""

import socket
import struct
import time
import zlib
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from http.client import HTTPConnection, HTTPException, HTTPResponse

from tests.export.conftest import EXPORT
from tests.server import HOST, SMALL_WINDOW, Server

# Seconds without a byte after which a server counts as hung: no injury lasts as long.
PATIENCE = 40
# Bytes read at once, and the seconds between by who is in no hurry: a file of 8 MB takes three.
STEP, PAUSE = 64 * 1024, 0.025
# To zlib: a gzip header and trailer, and the largest window.
GZIP = 16 + zlib.MAX_WBITS
# SO_LINGER: on, for 0 seconds.
AT_ONCE = struct.pack("ii", 1, 0)


class End(Enum):
    """As HTTP's client sees it."""

    CLEAN = "clean"
    BROKEN = "broken"
    # By ourselves.
    LEFT = "left"
    HUNG = "hung"


@dataclass(frozen=True)
class File:
    """What came of a file, unpacked, and how it ended."""

    export: str
    total: int
    content: bytes
    end: End
    # Of gzip; true of a plain one.
    is_complete: bool

    @property
    def sha256(self) -> str:
        return sha256(self.content).hexdigest()


class Refused(Exception):
    """No file, but an answer with this status; 0 for none at all."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(f"{status} {why}")
        self.status = status


class Download:
    """One request for a file; another thread may tell it to leave, or to read a byte a second for a while."""

    def __init__(self, server: Server, key: str, query: str, *, packed: bool, pause: float) -> None:
        self._connection = HTTPConnection(HOST, server.port)
        # Its own: http.client gives up the one of an answer that ends its connection.
        self._socket = self._connection.sock = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_WINDOW)
        self._socket.settimeout(PATIENCE)
        self._headers = {"X-API-Key": key, "Accept-Encoding": "gzip" if packed else "identity"}
        self._path, self._pause = f"{EXPORT}?{query}", pause
        self._told_to_leave = self._resets = False
        self._slow_until = 0.0
        self.got = 0

    def leave(self, *, resets: bool) -> None:
        self._resets, self._told_to_leave = resets, True

    def slow_down(self, seconds: float) -> None:
        self._slow_until = time.monotonic() + seconds

    def taken(self) -> File:
        """Raises Refused."""
        try:
            return self._file(self._begun())
        finally:
            self._connection.close()
            self._socket.close()

    def _begun(self) -> HTTPResponse:
        try:
            self._socket.connect((HOST, self._connection.port))
            self._connection.request("GET", self._path, headers=self._headers)
            answer = self._connection.getresponse()
        except (OSError, HTTPException) as fault:
            raise Refused(0, f"{type(fault).__name__} {fault}") from None
        if answer.status != 200:
            raise Refused(answer.status, _rest(answer))
        return answer

    def _file(self, answer: HTTPResponse) -> File:
        body = Body(packed=answer.headers.get("Content-Encoding") == "gzip")
        end = self._take(answer, body)
        total = int(answer.headers["X-Export-Total"])
        return File(answer.headers["X-Export-Id"], total, bytes(body.content), end, body.is_complete)

    def _take(self, answer: HTTPResponse, body: "Body") -> End:
        """`read1` gives every byte that came, and raises where chunks end without the last one."""
        try:
            while not self._told_to_leave:
                is_slow = time.monotonic() < self._slow_until
                if not (part := answer.read1(1 if is_slow else STEP)):
                    return End.CLEAN
                body.add(part)
                self.got += len(part)
                time.sleep(1 if is_slow else self._pause)
        except TimeoutError:
            return End.HUNG
        except (OSError, HTTPException):
            return End.BROKEN
        self._hang_up(answer)
        return End.LEFT

    def _hang_up(self, answer: HTTPResponse) -> None:
        if self._resets:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        answer.close()


class Body:
    """The bytes of a file, unpacked as they come."""

    def __init__(self, *, packed: bool) -> None:
        self.content = bytearray()
        self._unpacker = zlib.decompressobj(GZIP) if packed else None

    def add(self, part: bytes) -> None:
        self.content += self._unpacker.decompress(part) if self._unpacker else part

    @property
    def is_complete(self) -> bool:
        return self._unpacker is None or self._unpacker.eof


def _rest(answer: HTTPResponse) -> str:
    try:
        return answer.read(1000).decode(errors="replace")
    except (OSError, HTTPException) as fault:
        return type(fault).__name__
