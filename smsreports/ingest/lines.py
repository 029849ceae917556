"""Numbered lines out of a file or a pipe, in bounded memory."""

from collections.abc import Iterator
from typing import BinaryIO

from smsreports.ingest.records import LONGEST_LINE

# Read at once: a line's end, of up to two characters, does not count.
READ = LONGEST_LINE + 2


def numbered(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, from 1, without their ends. Of a line that is too long, just enough to tell."""
    for number, line in enumerate(_lines(file), start=1):
        # Nobody saw the rest of one that was cut: stripped, it could pass for a whole line, or for a blank one.
        if kept := line if _cut(line) else line.strip():
            yield number, kept


def _lines(file: BinaryIO) -> Iterator[bytes]:
    while line := file.readline(READ):
        yield line
        while _cut(line):
            line = file.readline(READ)


def _cut(line: bytes) -> bool:
    return len(line) == READ and not line.endswith(b"\n")
