"""Numbered lines out of a file or a pipe, in bounded memory."""

from collections.abc import Iterator
from typing import BinaryIO

from smsreports.ingest.records import MAX_LINE_BYTES

# Read at once: a line's end, of up to two characters, does not count.
MAX_READ_BYTES = MAX_LINE_BYTES + 2


def read_numbered_lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, from 1, without their ends. Of a line that is too long, just enough to tell."""
    for number, line in enumerate(_read_lines(file), start=1):
        # Nobody saw the rest of one that was cut: stripped, it could pass for a whole line, or for a blank one.
        if content := line if _is_cut(line) else line.strip():
            yield number, content


def _read_lines(file: BinaryIO) -> Iterator[bytes]:
    while line := file.readline(MAX_READ_BYTES):
        yield line
        while _is_cut(line):
            line = file.readline(MAX_READ_BYTES)


def _is_cut(line: bytes) -> bool:
    return len(line) == MAX_READ_BYTES and not line.endswith(b"\n")
