"""Content-Encodings of a file that streams."""

import re
import zlib
from typing import ClassVar, Protocol

# Most of the gain for a small part of the work: a file must not get slower than its line is.
GZIP_LEVEL = 1
# To zlib: a gzip header and trailer, and the largest window.
GZIP_WINDOW_BITS = 16 + zlib.MAX_WBITS
# `gzip`, with a weight that is not nought, in an Accept-Encoding.
GZIP_PATTERN = re.compile(r"\s*gzip\s*(;\s*q=(?P<weight>[01](\.[0-9]{0,3})?)\s*)?", re.IGNORECASE)


class ContentEncoding(Protocol):
    """Packs a file a block at a time. `name` is the header's; empty for none."""

    name: ClassVar[str]

    def compress(self, block: bytes) -> bytes: ...

    def flush(self) -> bytes:
        """What follows the last block; may be empty."""


class Identity:
    name: ClassVar[str] = ""

    def compress(self, block: bytes) -> bytes:
        return block

    def flush(self) -> bytes:
        return b""


class Gzip:
    """Each block can be unpacked when it arrives: nothing waits for the next one."""

    name: ClassVar[str] = "gzip"

    def __init__(self) -> None:
        self._packer = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, GZIP_WINDOW_BITS)

    def compress(self, block: bytes) -> bytes:
        return self._packer.compress(block) + self._packer.flush(zlib.Z_SYNC_FLUSH)

    def flush(self) -> bytes:
        return self._packer.flush(zlib.Z_FINISH)


def choose_encoding(accept_encoding: str) -> ContentEncoding:
    """Gzip for who names it, and for nobody else: `*` may come from those who never look."""
    for each in accept_encoding.split(","):
        found = GZIP_PATTERN.fullmatch(each)
        if found and float(found["weight"] or 1) > 0:
            return Gzip()
    return Identity()
