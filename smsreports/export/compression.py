"""Content-Encodings of a streamed file."""

import re
import zlib
from typing import ClassVar, Protocol

# The fastest level, which gives most of the gain: compressing must not be slower than the network.
GZIP_LEVEL = 1
# Makes zlib write a gzip header and trailer, with the largest window.
GZIP_WINDOW_BITS = 16 + zlib.MAX_WBITS
# One item of an Accept-Encoding header that names gzip.
GZIP_PATTERN = re.compile(r"\s*gzip\s*(;\s*q=(?P<weight>[01](\.[0-9]{0,3})?)\s*)?", re.IGNORECASE)


class ContentEncoding(Protocol):
    """Compresses a file a chunk at a time. `name` is the value of the header, empty for no encoding."""

    name: ClassVar[str]

    def compress(self, chunk: bytes) -> bytes: ...

    def flush(self) -> bytes:
        """Return the bytes that follow the last chunk; may be empty."""


class Identity:
    name: ClassVar[str] = ""

    def compress(self, chunk: bytes) -> bytes:
        return chunk

    def flush(self) -> bytes:
        return b""


class Gzip:
    """Gzip encoding. Each chunk can be decompressed when it arrives, without the next one."""

    name: ClassVar[str] = "gzip"

    def __init__(self) -> None:
        self._compressor = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, GZIP_WINDOW_BITS)

    def compress(self, chunk: bytes) -> bytes:
        return self._compressor.compress(chunk) + self._compressor.flush(zlib.Z_SYNC_FLUSH)

    def flush(self) -> bytes:
        return self._compressor.flush(zlib.Z_FINISH)


def choose_encoding(accept_encoding: str) -> ContentEncoding:
    """Return Gzip if the Accept-Encoding header names it with a weight above 0, else Identity.

    `*` does not count, because clients may send it that cannot decompress.
    """
    for item in accept_encoding.split(","):
        match = GZIP_PATTERN.fullmatch(item)
        if match and float(match["weight"] or 1) > 0:
            return Gzip()
    return Identity()
