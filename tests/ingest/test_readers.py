"""Readers for files of other systems: formats, line numbers, broken records and memory for huge ones."""

import csv
import io
import json
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smsreports.ingest.readers import MAX_UNKNOWN_COLUMNS, FileLayout, Notes, csv_table, json_document, read_rows
from smsreports.ingest.readers.reverse import reverse_rows
from smsreports.records.field_parsers import InvalidRecord
from smsreports.records.field_types import MAX_LINE_BYTES

LAYOUT = FileLayout(
    loaded=frozenset({"id", "text"}),
    ignored=frozenset({"extra"}),
    required=frozenset({"id"}),
    envelope="messages",
    titles={"Id": "id", "Text": "text"},
)
TOO_LONG = f"is longer than {MAX_LINE_BYTES} bytes"
MEGABYTE = 2**20


def read_file(content: bytes) -> list[tuple[int, Any]]:
    """Return the rows and errors with their numbers."""
    return as_texts(read_rows(io.BytesIO(content), LAYOUT, Notes()))


def read_csv(content: bytes) -> list[tuple[int, Any]]:
    return as_texts(csv_table.read_csv_records(io.BytesIO(content)))


def as_texts(numbered: Iterator[tuple[int, Any]]) -> list[tuple[int, Any]]:
    return [(number, str(row) if isinstance(row, InvalidRecord) else row) for number, row in numbered]


def row(**fields: Any) -> dict[str, Any]:
    return {"id": None, "text": None} | fields


# CSV


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5) | st.sampled_from(
    ['"', "\n", "\r\n", "a,b", "\n\n", '",\n"']
)


@given(st.lists(st.lists(CELL, min_size=2, max_size=3), max_size=6), st.sampled_from(["\n", "\r\n"]))
@example([["a", "b\n\nc"], ["d", "e"]], "\n")
def test_csv_records_equal_pythons_with_their_first_lines(lines: list[list[str]], end: str) -> None:
    text, begins = io.StringIO(newline=""), []
    writer = csv.writer(text, lineterminator=end, quoting=csv.QUOTE_ALL)
    for cells in lines:
        begins.append(text.getvalue().count("\n") + 1)
        writer.writerow(cells)
    assert read_csv(text.getvalue().encode()) == list(zip(begins, lines, strict=True))


def test_blank_lines_are_counted_and_skipped() -> None:
    assert read_csv(b"\n\r\na,b\n\nc,d") == [(3, ["a", "b"]), (5, ["c", "d"])]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b'1,"a"b', "is not CSV: ',' expected after '\"'"),
        (b"1,a\rb", "is not CSV: new-line character seen in unquoted field"),
        (b"1,\xff", "is not UTF-8"),
        (b'1,"a\n\xff"', "is not UTF-8 (lines 2 to 3)"),
        (b"1," + b"x" * MAX_LINE_BYTES, TOO_LONG),
        (b"1," + b"x" * 5 * MAX_LINE_BYTES, TOO_LONG),
        (b'1,"' + b"x" * 5 * MAX_LINE_BYTES + b'"', TOO_LONG),
        (b'1,"' + b"x\n" * MAX_LINE_BYTES + b'"', f"{TOO_LONG} (lines 2 to {MAX_LINE_BYTES + 2})"),
        # Quoted text is never read as a record.
        (b'1,"' + b"x\n" * MAX_LINE_BYTES + b'9,forged\n"', f"{TOO_LONG} (lines 2 to {MAX_LINE_BYTES + 3})"),
        (b'1,"' + b'""\n' * MAX_LINE_BYTES + b'"', f"{TOO_LONG} (lines 2 to {MAX_LINE_BYTES + 2})"),
    ],
)
def test_an_unreadable_csv_record_is_reported_and_the_next_one_is_read(bad: bytes, reason: str) -> None:
    lines = b"0,first\n" + bad + b"\n2,last\n"
    first, (number, error), last = read_csv(lines)
    assert (first, number, error.startswith(reason)) == ((1, ["0", "first"]), 2, True), error
    assert last == (lines.count(b"\n"), ["2", "last"])


def test_a_csv_record_of_the_maximum_length_is_not_cut() -> None:
    text = "x" * (MAX_LINE_BYTES - 2)
    for end in (b"\n", b"\r\n", b""):
        assert read_csv(f"1,{text}".encode() + end) == [(1, ["1", text])]


def test_an_unclosed_quote_loses_the_rest_of_the_file_and_is_reported() -> None:
    assert read_csv(b'0,a\n1,"b\n2,c\n') == [(1, ["0", "a"]), (2, "is not CSV: unexpected end of data (lines 2 to 3)")]
    endless = b'0,a\n1,"b\n' + b"2,c\n" * MAX_LINE_BYTES
    assert read_csv(endless) == [(1, ["0", "a"]), (2, f"{TOO_LONG} (lines 2 to {MAX_LINE_BYTES + 2})")]


@pytest.mark.parametrize("piece", [b"x", b"x\n", b'""\n', b","])
def test_a_huge_value_is_read_in_bounded_memory(piece: bytes) -> None:
    content = io.BytesIO(b'1,"' + piece * (2 * MEGABYTE // len(piece)))
    tracemalloc.start()
    [(number, error)] = csv_table.read_csv_records(content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (number, str(error).startswith(TOO_LONG)) == (1, True)
    assert peak < MEGABYTE / 2


def test_columns_have_either_title_and_any_order() -> None:
    assert read_file(b"Text,Id\na,1\n") == read_file(b"text,extra,id\na,x,1\n") == [(2, row(id="1", text="a"))]
    assert read_file(b"Id\n1\n") == [(2, row(id="1"))]


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (b"text", "is missing the columns id: no line of this file can be read"),
        ("id,text".encode("utf-16"), "is not UTF-8"),
        (b"id,Id", "names a column twice: no line of this file can be read"),
        (b'"id', "is not CSV: unexpected end of data (lines 1 to 2)"),
    ],
)
def test_a_csv_file_with_an_invalid_header_is_rejected_once(header: bytes, reason: str) -> None:
    assert read_file(header + b"\n1,a\n") == [(1, reason)]


def test_a_line_with_another_number_of_values_is_rejected() -> None:
    assert read_file(b"id,text\n1\n2,b\n3,c,d\n") == [
        (2, "has 1 values for 2 columns"),
        (3, row(id="2", text="b")),
        (4, "has 3 values for 2 columns"),
    ]


# Formats


LIST = [{"id": "1"}, {"id": "2", "text": 'say "messages": [] or "}'}]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf", b"\n ", b"\xef\xbb\xbf\n"])
@pytest.mark.parametrize(
    "content",
    [
        json.dumps(LIST).encode(),
        json.dumps(LIST, indent=2).encode(),
        json.dumps({"page": {"size": 2}, "messages": LIST}).encode(),
        json.dumps({"page": {"size": 2}, "messages": LIST}, indent=2).encode(),
    ],
)
def test_a_json_document_is_detected_by_its_list(mark: bytes, content: bytes) -> None:
    assert read_file(mark + content) == [(1, row(id="1")), (2, row(id="2", text=LIST[1]["text"]))]


def test_ndjson_is_detected_by_its_first_brace() -> None:
    content = "\n".join(map(json.dumps, reversed(LIST))).encode()
    assert read_file(content) == [(1, row(id="2", text=LIST[1]["text"])), (2, row(id="1"))]
    assert read_file(b"\xef\xbb\xbf" + content) == read_file(content)


def test_a_bad_first_line_does_not_change_the_format() -> None:
    assert read_file(b'{"id": \n{"id": "1"}\n') == [(1, read_file(b'{"id": ')[0][1]), (2, row(id="1"))]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"[]", b'{"messages": []}', b"id,text\n", b"\xef\xbb\xbfid\n"])
def test_an_empty_file_has_no_rows(content: bytes) -> None:
    assert read_file(content) == []


def test_the_callers_file_stays_open() -> None:
    file = io.BytesIO(b"id\n1\n")
    list(read_rows(file, LAYOUT, Notes()))
    assert not file.closed


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"text": "a"}', "lacks id"),
        (b'{"id": "1", "text": ["a"]}', "text: must be a plain value"),
        (b'{"id": "1", "text": ' + nested(1000) + b"}", "text: must be a plain value"),
        (b'{"id": "1", "other": ' + nested(4000) + b"}", "is not JSON: "),
        (b'{"id": "\xff"}', "is not JSON: "),
        (b'{"id": NaN}', "is not JSON: "),
        (b'{"id": "' + b"x" * MAX_LINE_BYTES + b'"}', TOO_LONG),
        (b"[]", "is not a JSON object"),
    ],
)
def test_an_unreadable_json_line_is_reported_and_the_next_one_is_read(line: bytes, reason: str) -> None:
    first, (number, error), last = read_file(b'{"id": "0"}\n' + line + b'\n{"id": "2"}\n')
    assert (first, last) == ((1, row(id="0")), (3, row(id="2")))
    assert (number, error.startswith(reason)) == (2, True), error


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"messages": [{"id": "1"}', "is not JSON: "),
        (b'{"messages": []} {"messages": []}', "is not JSON: "),
        (b'{"more": {"messages": []}}', "contains no list named messages"),
        (nested(4000), "is not JSON: "),
        (
            b'["' + b"x" * json_document.MAX_DOCUMENT_BYTES + b'"]',
            f"is a JSON document of more than {json_document.MAX_DOCUMENT_BYTES} bytes",
        ),
    ],
)
def test_an_unreadable_json_document_is_rejected_once(content: bytes, reason: str) -> None:
    [(number, error)] = read_file(content)
    assert (number, error.startswith(reason)) == (1, True), error


def test_an_item_that_is_not_an_object_is_reported_by_its_index() -> None:
    assert read_file(b'[{"id": "1"}, 2, null, {"id": "4"}]') == [
        (1, row(id="1")),
        (2, "is not a JSON object"),
        (3, "is not a JSON object"),
        (4, row(id="4")),
    ]


# Unknown columns and memory


@pytest.mark.parametrize(
    "content", [b"id,extra,b,a\n1,x,y,z\n2,x,y,z\n", b'{"id": "1", "a": 1}\n{"id": "2", "b": []}\n']
)
def test_unknown_columns_are_recorded(content: bytes) -> None:
    notes = Notes()
    assert [number for number, _ in read_rows(io.BytesIO(content), LAYOUT, notes)][-1] in (2, 3)
    assert notes.unknown_columns == {"a", "b"}


def test_the_number_of_recorded_unknown_columns_is_limited() -> None:
    notes = Notes()
    lines = "".join(json.dumps({"id": "1", f"a{n}": 1}) + "\n" for n in range(3 * MAX_UNKNOWN_COLUMNS))
    assert len(list(read_rows(io.BytesIO(lines.encode()), LAYOUT, notes))) == 3 * MAX_UNKNOWN_COLUMNS
    assert len(notes.unknown_columns) == MAX_UNKNOWN_COLUMNS


@pytest.mark.parametrize("line", [b'1,"a\nb"\n', b'{"id": "1", "text": "a"}\n'])
@pytest.mark.parametrize("transform", [lambda rows: rows, reverse_rows])
def test_memory_does_not_grow_with_the_file(line: bytes, transform: Callable[[Any], Any]) -> None:
    head = b"" if line.startswith(b"{") else b"id,text\n"
    peaks = [measure_peak(head + line * times, transform) for times in (1_000, 10_000)]
    # The reversal keeps eight bytes per row.
    assert peaks[1] < peaks[0] + 2 * 8 * 10_000


def measure_peak(content: bytes, transform: Callable[[Any], Any]) -> int:
    file = io.BytesIO(content)
    tracemalloc.start()
    for _ in transform(read_rows(file, LAYOUT, Notes())):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def test_reverse_rows_yields_the_same_rows_from_the_last_to_the_first() -> None:
    content = b'{"id": "1", "text": "\\u00e9\\n"}\n[]\n{"id": 2}\n'
    forwards = read_rows(io.BytesIO(content), LAYOUT, Notes())
    assert as_texts(reverse_rows(forwards)) == list(reversed(read_file(content)))
