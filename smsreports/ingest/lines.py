"""Numbered lines of a file or a pipe, read in bounded memory."""

from collections.abc import Iterator
from typing import BinaryIO

from smsreports.records.field_types import MAX_LINE_BYTES

# Bytes per read. A line ending of up to two characters does not count towards MAX_LINE_BYTES.
MAX_READ_BYTES = MAX_LINE_BYTES + 2


def read_numbered_lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that are not blank, without their endings and numbered from 1.

    A line that is too long is cut to MAX_READ_BYTES, which is enough for `parse_line` to reject it.
    """
    for number, line in enumerate(_read_lines(file), start=1):
        # A cut line is not stripped: it could then pass for a complete line, or for a blank one.
        if content := line if is_cut(line) else line.strip():
            yield number, content


def _read_lines(file: BinaryIO) -> Iterator[bytes]:
    while line := file.readline(MAX_READ_BYTES):
        yield line
        while is_cut(line):
            line = file.readline(MAX_READ_BYTES)


def is_cut(line: bytes) -> bool:
    """Return True if the line goes on after this read."""
    return len(line) == MAX_READ_BYTES and not line.endswith(b"\n")
