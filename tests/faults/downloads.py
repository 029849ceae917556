"""Client that downloads an export at its own pace and can be made to disconnect."""

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

# Seconds without a byte after which a server counts as hung; no fault lasts as long.
MAX_SILENCE_SECONDS = 40
# Bytes of one read, and the seconds between two by a slow client: a file of 8 MB takes three.
READ_BYTES, READ_PAUSE = 64 * 1024, 0.025
# Window bits for zlib: a gzip header and trailer, and the largest window.
GZIP = 16 + zlib.MAX_WBITS
# SO_LINGER: on, for 0 seconds.
LINGER_ZERO = struct.pack("ii", 1, 0)


class Ending(Enum):
    """End of a download as the HTTP client sees it."""

    CLEAN = "clean"
    BROKEN = "broken"
    # The client disconnected.
    LEFT = "left"
    HUNG = "hung"


@dataclass(frozen=True)
class DownloadedFile:
    """Decompressed bytes of an export as far as they arrived, and the end of the download."""

    export: str
    total: int
    content: bytes
    ending: Ending
    # Whether the gzip stream ended; true without gzip.
    is_complete: bool

    @property
    def sha256(self) -> str:
        return sha256(self.content).hexdigest()


class ExportRefused(Exception):
    """Response other than a file; the status is 0 when there was none."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status} {reason}")
        self.status = status


class Download:
    """Request for an export; another thread may make it disconnect, or read one byte a second for a while."""

    def __init__(self, server: Server, key: str, query: str, *, gzip: bool, pause: float) -> None:
        self._connection = HTTPConnection(HOST, server.port)
        # Kept here, because http.client drops the socket of a response that closes its connection.
        self._socket = self._connection.sock = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_WINDOW)
        self._socket.settimeout(MAX_SILENCE_SECONDS)
        self._headers = {"X-API-Key": key, "Accept-Encoding": "gzip" if gzip else "identity"}
        self._path, self._pause = f"{EXPORT}?{query}", pause
        self._is_leaving = self._resets = False
        self._slow_until = 0.0
        self.bytes_read = 0

    def disconnect(self, *, resets: bool) -> None:
        self._resets, self._is_leaving = resets, True

    def slow_down(self, seconds: float) -> None:
        self._slow_until = time.monotonic() + seconds

    def fetch(self) -> DownloadedFile:
        """Download the file. Raises ExportRefused when the response is not a file."""
        try:
            return self._read_file(self._start())
        finally:
            self._connection.close()
            self._socket.close()

    def _start(self) -> HTTPResponse:
        try:
            self._socket.connect((HOST, self._connection.port))
            self._connection.request("GET", self._path, headers=self._headers)
            response = self._connection.getresponse()
        except (OSError, HTTPException) as error:
            raise ExportRefused(0, f"{type(error).__name__} {error}") from None
        if response.status != 200:
            raise ExportRefused(response.status, _read_error(response))
        return response

    def _read_file(self, response: HTTPResponse) -> DownloadedFile:
        body = Body(gzip=response.headers.get("Content-Encoding") == "gzip")
        ending = self._read_body(response, body)
        total = int(response.headers["X-Export-Total"])
        return DownloadedFile(response.headers["X-Export-Id"], total, bytes(body.content), ending, body.is_complete)

    def _read_body(self, response: HTTPResponse, body: "Body") -> Ending:
        """Read to the end. `read1` returns every byte that arrived, and raises when the last chunk is missing."""
        try:
            while not self._is_leaving:
                is_slow = time.monotonic() < self._slow_until
                if not (part := response.read1(1 if is_slow else READ_BYTES)):
                    return Ending.CLEAN
                body.add(part)
                self.bytes_read += len(part)
                time.sleep(1 if is_slow else self._pause)
        except TimeoutError:
            return Ending.HUNG
        except (OSError, HTTPException):
            return Ending.BROKEN
        self._hang_up(response)
        return Ending.LEFT

    def _hang_up(self, response: HTTPResponse) -> None:
        if self._resets:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ZERO)
        response.close()


class Body:
    """Bytes of a file, decompressed as they arrive."""

    def __init__(self, *, gzip: bool) -> None:
        self.content = bytearray()
        self._decompressor = zlib.decompressobj(GZIP) if gzip else None

    def add(self, part: bytes) -> None:
        self.content += self._decompressor.decompress(part) if self._decompressor else part

    @property
    def is_complete(self) -> bool:
        return self._decompressor is None or self._decompressor.eof


def _read_error(response: HTTPResponse) -> str:
    try:
        return response.read(1000).decode(errors="replace")
    except (OSError, HTTPException) as error:
        return type(error).__name__
