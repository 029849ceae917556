"""The records of a CSV file, in bounded memory, with the lines on which they begin."""

import csv
from collections.abc import Iterator
from typing import BinaryIO

from smsreports.ingest.fields import Refused
from smsreports.ingest.lines import READ
from smsreports.ingest.records import LONGEST_LINE

Cells = list[str]


def records(file: BinaryIO) -> Iterator[tuple[int, Cells | Refused]]:
    """Each record that is not blank, by RFC 4180: a quoted value may hold line ends.

    One that is too long is passed over to its own end, not to the end of a line: what stands within its
    quotes is never taken for records. So a quote that is never closed costs the rest of the file, and is named.
    """
    lines = _Lines(file)
    reader = csv.reader(lines, strict=True)
    while True:
        lines.begin()
        try:
            if cells := _checked(next(reader)):
                yield lines.first, cells
        except StopIteration:
            return
        except (csv.Error, Refused) as fault:
            yield lines.first, Refused(f"{_name(fault)}{lines.extent}")


def _checked(cells: Cells) -> Cells:
    try:
        "".join(cells).encode()
    except UnicodeEncodeError:
        raise Refused("is not UTF-8") from None
    return cells


def _name(fault: Exception) -> str:
    return f"is not CSV: {fault}" if isinstance(fault, csv.Error) else str(fault)


class _Lines:
    """Lines as the CSV reader asks for them: it asks for another one within a record only inside quotes."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._number = 0
        self.begin()

    def begin(self) -> None:
        self.first = self._number + 1
        self._size = 0

    @property
    def extent(self) -> str:
        return f" (lines {self.first} to {self._number})" if self._number > self.first else ""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._file.readline(READ)
        if not line:
            raise StopIteration
        self._number += 1
        quoted, self._size = self._size > 0, self._size + len(line)
        if self._size > READ or _cut(line):
            self._pass_over(line, quoted)
            raise Refused(f"is longer than {LONGEST_LINE} bytes")
        # Bytes that are no text stay visible until the record is whole.
        return line.decode(errors="surrogateescape")

    def _pass_over(self, line: bytes, quoted: bool) -> None:
        """Reads to the end of the record: a line end outside of quotes."""
        while line:
            quoted ^= bool(line.count(b'"') % 2)
            ended = line.endswith(b"\n")
            if ended and not quoted:
                return
            line = self._file.readline(READ)
            self._number += bool(ended and line)


def _cut(line: bytes) -> bool:
    return len(line) == READ and not line.endswith(b"\n")
