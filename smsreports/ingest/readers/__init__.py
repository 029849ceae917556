"""Readers for files of other systems: they detect the format and yield rows under the provider's own names."""

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, cast

from smsreports.ingest.lines import read_numbered_lines
from smsreports.ingest.parsing import parse_line
from smsreports.ingest.readers import csv_table, json_document
from smsreports.records.field_parsers import InvalidRecord

BOM = b"\xef\xbb\xbf"
# Bytes inspected to detect the format. The few keys before the list of a JSON document fit many times.
HEAD_BYTES = 64 * 1024
# Unknown columns that are reported. A file with more does not have a header.
MAX_UNKNOWN_COLUMNS = 100

FileRow = Mapping[str, object]
FileRows = Iterator[tuple[int, FileRow | InvalidRecord]]


@dataclass(frozen=True)
class FileLayout:
    """Layout of a provider's files, in the names that it documents."""

    # Columns that are loaded, and documented columns that are not.
    loaded: frozenset[str]
    ignored: frozenset[str]
    # A file without these columns is not a message log of this provider.
    required: frozenset[str]
    # The key of the list of records in a JSON document.
    envelope: str
    # Column titles of CSV files that differ from the names.
    titles: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Notes:
    """Remarks of a reader about its files."""

    unknown_columns: set[str] = field(default_factory=set)
    remarks: dict[str, None] = field(default_factory=dict)
    skipped: int = 0
    # True if the last file was CSV that begins with a byte order mark.
    has_bom: bool = False

    def add_remark(self, text: str) -> None:
        """Add a remark, once."""
        self.remarks[text] = None

    def add_unknown(self, names: Iterable[str]) -> None:
        self.unknown_columns.update(list(names)[: MAX_UNKNOWN_COLUMNS - len(self.unknown_columns)])


def read_rows(file: BinaryIO, layout: FileLayout, notes: Notes) -> FileRows:
    """Yield the columns of each record that `layout` loads, with the number of the record's first line.

    In a JSON document records are numbered by their index. The format is detected by content: `[`, or `{` with the
    layout's list soon after, begins a JSON document; another `{` begins NDJSON; anything else is CSV.
    """
    buffered = io.BufferedReader(cast(io.RawIOBase, file), HEAD_BYTES)
    try:
        head = buffered.peek(HEAD_BYTES)
        has_bom = head.startswith(BOM)
        if has_bom:
            buffered.read(len(BOM))
        start = head.removeprefix(BOM).lstrip()
        notes.has_bom = has_bom and not start.startswith((b"[", b"{"))
        list_pattern = rb'"%s"\s*:\s*\[' % layout.envelope.encode()
        if start.startswith(b"[") or (start.startswith(b"{") and re.search(list_pattern, start)):
            yield from _select_rows(json_document.read_objects(buffered, layout.envelope), layout, notes)
        elif start.startswith(b"{"):
            yield from _select_rows(_read_ndjson(buffered), layout, notes)
        else:
            yield from _read_csv(buffered, layout, notes)
    finally:
        # Otherwise the buffer would close the caller's file when it is garbage collected.
        buffered.detach()


def _read_ndjson(file: BinaryIO) -> FileRows:
    for number, line in read_numbered_lines(file):
        try:
            yield number, parse_line(line)
        except InvalidRecord as error:
            yield number, error


def _select_rows(items: FileRows, layout: FileLayout, notes: Notes) -> FileRows:
    for number, item in items:
        yield number, item if isinstance(item, InvalidRecord) else _select_columns(item, layout, notes)


def _select_columns(item: FileRow, layout: FileLayout, notes: Notes) -> FileRow | InvalidRecord:
    notes.add_unknown(item.keys() - layout.loaded - layout.ignored)
    if missing := layout.required - item.keys():
        return InvalidRecord(f"lacks {', '.join(sorted(missing))}")
    row = {name: item.get(name) for name in layout.loaded}
    if nested := [name for name, value in row.items() if isinstance(value, dict | list)]:
        return InvalidRecord(f"{', '.join(sorted(nested))}: must be a plain value")
    return row


def _read_csv(file: BinaryIO, layout: FileLayout, notes: Notes) -> FileRows:
    lines = csv_table.read_csv_records(file)
    for number, header in lines:
        try:
            names = _parse_header(header, layout)
        except InvalidRecord as error:
            yield number, error
            return
        notes.add_unknown(set(names) - layout.loaded - layout.ignored)
        yield from _build_csv_rows(lines, names, layout)


def _parse_header(header: csv_table.Cells | InvalidRecord, layout: FileLayout) -> list[str]:
    if isinstance(header, InvalidRecord):
        raise header
    names = [layout.titles.get(title, title) for title in header]
    if missing := layout.required - set(names):
        raise InvalidRecord(f"is missing the columns {', '.join(sorted(missing))}: no line of this file can be read")
    if len(set(names)) < len(names):
        raise InvalidRecord("names a column twice: no line of this file can be read")
    return names


def _build_csv_rows(
    lines: Iterator[tuple[int, csv_table.Cells | InvalidRecord]], names: list[str], layout: FileLayout
) -> FileRows:
    positions = [(name, names.index(name)) for name in layout.loaded if name in names]
    empty_row = dict.fromkeys(layout.loaded)
    for number, cells in lines:
        if isinstance(cells, InvalidRecord):
            yield number, cells
        elif len(cells) != len(names):
            yield number, InvalidRecord(f"has {len(cells)} values for {len(names)} columns")
        else:
            yield number, empty_row | {name: cells[position] for name, position in positions}
