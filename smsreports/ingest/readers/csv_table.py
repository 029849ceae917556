"""Reader for CSV files, in bounded memory, with the line on which each record begins."""

import csv
from collections.abc import Iterator
from typing import BinaryIO

from smsreports.ingest.lines import MAX_READ_BYTES, is_cut
from smsreports.records.field_parsers import InvalidRecord
from smsreports.records.field_types import MAX_LINE_BYTES

Cells = list[str]


def read_csv_records(file: BinaryIO) -> Iterator[tuple[int, Cells | InvalidRecord]]:
    """Yield each record that is not blank, by RFC 4180: a quoted value may contain line endings.

    A record that is too long is skipped to its own end, not to the end of a line, so that text within its quotes is
    never read as records. An unclosed quote therefore loses the rest of the file, and is reported.
    """
    lines = _RecordLines(file)
    reader = csv.reader(lines, strict=True)
    while True:
        lines.begin_record()
        try:
            if cells := _check_utf8(next(reader)):
                yield lines.first_line, cells
        except StopIteration:
            return
        except csv.Error as error:
            yield lines.first_line, InvalidRecord(f"is not CSV: {error}{lines.line_range}")
        except InvalidRecord as error:
            yield lines.first_line, InvalidRecord(f"{error}{lines.line_range}")


def _check_utf8(cells: Cells) -> Cells:
    try:
        "".join(cells).encode()
    except UnicodeEncodeError:
        raise InvalidRecord("is not UTF-8") from None
    return cells


class _RecordLines:
    """Line iterator for the CSV reader, which requests a further line within a record only inside quotes."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._number = 0
        self.begin_record()

    def begin_record(self) -> None:
        self.first_line = self._number + 1
        self._size = 0

    @property
    def line_range(self) -> str:
        return f" (lines {self.first_line} to {self._number})" if self._number > self.first_line else ""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._file.readline(MAX_READ_BYTES)
        if not line:
            raise StopIteration
        self._number += 1
        is_quoted, self._size = self._size > 0, self._size + len(line)
        if self._size > MAX_READ_BYTES or is_cut(line):
            self._skip_record(line, is_quoted)
            raise InvalidRecord(f"is longer than {MAX_LINE_BYTES} bytes")
        # Keep invalid bytes; `_check_utf8` rejects them when the record is complete.
        return line.decode(errors="surrogateescape")

    def _skip_record(self, line: bytes, is_quoted: bool) -> None:
        """Read to the end of the record, a line ending outside of quotes."""
        while line:
            is_quoted ^= bool(line.count(b'"') % 2)
            is_ended = line.endswith(b"\n")
            if is_ended and not is_quoted:
                return
            line = self._file.readline(MAX_READ_BYTES)
            self._number += bool(is_ended and line)
