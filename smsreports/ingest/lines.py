"""Numbered lines out of a file or a pipe, in bounded memory."""

from collections.abc import Iterator
from typing import BinaryIO

from smsreports.ingest.records import LONGEST_LINE


def numbered(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, from 1, without their ends. Of a line that is too long, just enough to tell."""
    for number, line in enumerate(_lines(file), start=1):
        if stripped := line.strip():
            yield number, stripped


def _lines(file: BinaryIO) -> Iterator[bytes]:
    while line := file.readline(LONGEST_LINE + 2):
        yield line
        while not line.endswith(b"\n") and len(line) == LONGEST_LINE + 2:
            line = file.readline(LONGEST_LINE + 2)
