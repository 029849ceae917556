"""Files of other systems: which form one has, and its rows under the provider's own names."""

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, cast

from smsreports.ingest.fields import Refused
from smsreports.ingest.lines import numbered
from smsreports.ingest.readers import document, table
from smsreports.ingest.records import parse

BOM = b"\xef\xbb\xbf"
# Looked at to tell the form: a JSON answer's few keys before its list fit many times.
HEAD = 64 * 1024
# Unknown columns that are kept to be told. More are no columns.
MOST_UNKNOWN = 100

Row = Mapping[str, Any]
Rows = Iterator[tuple[int, Row | Refused]]


@dataclass(frozen=True)
class Layout:
    """What a provider's files hold, by the names that it documents."""

    # What is loaded, and what is documented and has no place here.
    read: frozenset[str]
    passed_over: frozenset[str]
    # A file without these is none of this provider's message logs.
    required: frozenset[str]
    # The key of a JSON answer under which the records stand.
    envelope: str
    # The titles of its CSV files, where they are others.
    titles: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Notes:
    """What a reader has to say about its files beside the records."""

    unknown: set[str] = field(default_factory=set)
    remarks: dict[str, None] = field(default_factory=dict)
    skipped: int = 0
    # Whether the last file was CSV that begins with a byte order mark.
    marked: bool = False

    def remark(self, text: str) -> None:
        """Keeps `text` to be told, once."""
        self.remarks[text] = None

    def met(self, names: Iterable[str]) -> None:
        self.unknown.update(list(names)[: MOST_UNKNOWN - len(self.unknown)])


def rows(file: BinaryIO, layout: Layout, notes: Notes) -> Rows:
    """What `layout` reads of each record, with the line on which the record begins; in a JSON answer, with its place.

    The form is told by the content: `[`, or `{` with the layout's list soon after, begins a JSON answer; another
    `{` begins NDJSON; anything else is CSV.
    """
    buffered = io.BufferedReader(cast(io.RawIOBase, file), HEAD)
    try:
        head = buffered.peek(HEAD)
        marked = head.startswith(BOM)
        if marked:
            buffered.read(len(BOM))
        start = head.removeprefix(BOM).lstrip()
        notes.marked = marked and not start.startswith((b"[", b"{"))
        if start.startswith(b"[") or (start.startswith(b"{") and _holds_list(start, layout.envelope)):
            yield from _objects(document.records(buffered, layout.envelope), layout, notes)
        elif start.startswith(b"{"):
            yield from _objects(_lines(buffered), layout, notes)
        else:
            yield from _table(buffered, layout, notes)
    finally:
        # Else it would close the caller's file with itself.
        buffered.detach()


def _holds_list(head: bytes, envelope: str) -> bool:
    return re.search(rb'"%s"\s*:\s*\[' % envelope.encode(), head) is not None


def _lines(file: BinaryIO) -> Rows:
    for number, line in numbered(file):
        try:
            yield number, parse(line)
        except Refused as fault:
            yield number, fault


def _objects(found: Rows, layout: Layout, notes: Notes) -> Rows:
    for number, item in found:
        yield number, item if isinstance(item, Refused) else _known(item, layout, notes)


def _known(item: Row, layout: Layout, notes: Notes) -> Row | Refused:
    notes.met(item.keys() - layout.read - layout.passed_over)
    if missing := layout.required - item.keys():
        return Refused(f"lacks {', '.join(sorted(missing))}")
    row = {name: item.get(name) for name in layout.read}
    if nested := [name for name, value in row.items() if isinstance(value, dict | list)]:
        return Refused(f"{', '.join(sorted(nested))}: must be a plain value")
    return row


def _table(file: BinaryIO, layout: Layout, notes: Notes) -> Rows:
    found = table.records(file)
    for number, header in found:
        try:
            names = _names(header, layout)
        except Refused as fault:
            yield number, fault
            return
        notes.met(set(names) - layout.read - layout.passed_over)
        yield from _rows(found, names, layout)


def _names(header: table.Cells | Refused, layout: Layout) -> list[str]:
    if isinstance(header, Refused):
        raise header
    names = [layout.titles.get(title, title) for title in header]
    if missing := layout.required - set(names):
        raise Refused(f"is missing the columns {', '.join(sorted(missing))}: no line of this file can be read")
    if len(set(names)) < len(names):
        raise Refused("names a column twice: no line of this file can be read")
    return names


def _rows(found: Iterator[tuple[int, table.Cells | Refused]], names: list[str], layout: Layout) -> Rows:
    places = [(name, names.index(name)) for name in layout.read if name in names]
    absent = dict.fromkeys(layout.read)
    for number, cells in found:
        if isinstance(cells, Refused):
            yield number, cells
        elif len(cells) != len(names):
            yield number, Refused(f"has {len(cells)} values for {len(names)} columns")
        else:
            yield number, absent | {name: cells[place] for name, place in places}
