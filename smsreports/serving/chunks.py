"""Detection of the end of a chunked body."""

import re

SIZE_LINE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;.*)?", re.DOTALL)
MAX_LINE_BYTES = 8190


class ChunkScanner:
    """Finds the end of a chunked body in the bytes received so far.

    It keeps its position, so that each byte is read once. It does not validate: gunicorn decodes the body afterwards
    and rejects a malformed one.
    """

    def __init__(self) -> None:
        self._position = 0
        self._is_in_trailers = False

    def is_complete(self, received: bytearray) -> bool:
        """Return True if the body ends in `received`, or if it is malformed and can have no end."""
        while True:
            end = received.find(b"\r\n", self._position)
            if end < 0:
                return len(received) - self._position > MAX_LINE_BYTES
            if self._is_in_trailers:
                if end == self._position:
                    return True
                self._position = end + 2
                continue
            line = SIZE_LINE.fullmatch(received, self._position, end)
            if line is None:
                return True
            size = int(line[1], 16)
            if not size:
                self._is_in_trailers = True
                self._position = end + 2
            elif end + 2 + size + 2 <= len(received):
                self._position = end + 2 + size + 2
            else:
                return False
