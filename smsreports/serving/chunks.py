"""The end of a body that is sent in chunks."""

import re

SIZE_LINE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;.*)?", re.DOTALL)
MAX_LINE_BYTES = 8190


class ChunkScanner:
    """Finds the end of a chunked body in the bytes received so far. It remembers its place, so that each byte is
    looked at once. It does not validate: gunicorn decodes the body afterwards and refuses what is malformed."""

    def __init__(self) -> None:
        self._at = 0
        self._is_in_trailers = False

    def is_whole(self, received: bytearray) -> bool:
        """Return whether the body ends in `received`, or is malformed so that its end will never come."""
        while True:
            end = received.find(b"\r\n", self._at)
            if end < 0:
                return len(received) - self._at > MAX_LINE_BYTES
            if self._is_in_trailers:
                if end == self._at:
                    return True
                self._at = end + 2
                continue
            line = SIZE_LINE.fullmatch(received, self._at, end)
            if line is None:
                return True
            size = int(line[1], 16)
            if not size:
                self._is_in_trailers = True
                self._at = end + 2
            elif end + 2 + size + 2 <= len(received):
                self._at = end + 2 + size + 2
            else:
                return False
