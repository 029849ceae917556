"""Files of other systems: their forms, the numbers of their lines, and what broken and huge ones cost."""

import csv
import io
import json
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smsreports.ingest.field_parsers import InvalidRecord
from smsreports.ingest.readers import MAX_UNKNOWN_COLUMNS, FileLayout, Notes, csv_table, json_document, read_rows
from smsreports.ingest.readers.reverse import reverse_rows
from smsreports.ingest.records import MAX_LINE_BYTES

LAYOUT = FileLayout(
    loaded=frozenset({"id", "text"}),
    ignored=frozenset({"extra"}),
    required=frozenset({"id"}),
    envelope="messages",
    titles={"Id": "id", "Text": "text"},
)
TOO_LONG = f"is longer than {MAX_LINE_BYTES} bytes"
MEGABYTE = 2**20


def found(content: bytes) -> list[tuple[int, Any]]:
    """Rows and reasons by number."""
    return told(read_rows(io.BytesIO(content), LAYOUT, Notes()))


def records(content: bytes) -> list[tuple[int, Any]]:
    return told(csv_table.read_csv_records(io.BytesIO(content)))


def told(numbered: Iterator[tuple[int, Any]]) -> list[tuple[int, Any]]:
    return [(number, str(one) if isinstance(one, InvalidRecord) else one) for number, one in numbered]


def row(**fields: Any) -> dict[str, Any]:
    return {"id": None, "text": None} | fields


# CSV


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5) | st.sampled_from(
    ['"', "\n", "\r\n", "a,b", "\n\n", '",\n"']
)


@given(st.lists(st.lists(CELL, min_size=2, max_size=3), max_size=6), st.sampled_from(["\n", "\r\n"]))
@example([["a", "b\n\nc"], ["d", "e"]], "\n")
def test_records_are_those_of_pythons_reader_with_their_lines(lines: list[list[str]], end: str) -> None:
    text, begins = io.StringIO(newline=""), []
    writer = csv.writer(text, lineterminator=end, quoting=csv.QUOTE_ALL)
    for cells in lines:
        begins.append(text.getvalue().count("\n") + 1)
        writer.writerow(cells)
    assert records(text.getvalue().encode()) == list(zip(begins, lines, strict=True))


def test_blank_lines_are_counted_and_passed_over() -> None:
    assert records(b"\n\r\na,b\n\nc,d") == [(3, ["a", "b"]), (5, ["c", "d"])]


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
        # What stands in quotes is a text, whatever it looks like.
        (b'1,"' + b"x\n" * MAX_LINE_BYTES + b'9,forged\n"', f"{TOO_LONG} (lines 2 to {MAX_LINE_BYTES + 3})"),
        (b'1,"' + b'""\n' * MAX_LINE_BYTES + b'"', f"{TOO_LONG} (lines 2 to {MAX_LINE_BYTES + 2})"),
    ],
)
def test_a_record_that_cannot_be_read_is_named_and_the_next_one_is_read(bad: bytes, reason: str) -> None:
    lines = b"0,first\n" + bad + b"\n2,last\n"
    first, (number, why), last = records(lines)
    assert (first, number, why.startswith(reason)) == ((1, ["0", "first"]), 2, True), why
    assert last == (lines.count(b"\n"), ["2", "last"])


def test_a_record_as_long_as_may_be_is_whole() -> None:
    text = "x" * (MAX_LINE_BYTES - 2)
    for end in (b"\n", b"\r\n", b""):
        assert records(f"1,{text}".encode() + end) == [(1, ["1", text])]


def test_a_quote_that_is_never_closed_costs_the_rest_of_the_file_and_is_named() -> None:
    assert records(b'0,a\n1,"b\n2,c\n') == [(1, ["0", "a"]), (2, "is not CSV: unexpected end of data (lines 2 to 3)")]
    endless = b'0,a\n1,"b\n' + b"2,c\n" * MAX_LINE_BYTES
    assert records(endless) == [(1, ["0", "a"]), (2, f"{TOO_LONG} (lines 2 to {MAX_LINE_BYTES + 2})")]


@pytest.mark.parametrize("piece", [b"x", b"x\n", b'""\n', b","])
def test_an_endless_value_takes_no_more_memory_than_a_long_one(piece: bytes) -> None:
    content = io.BytesIO(b'1,"' + piece * (2 * MEGABYTE // len(piece)))
    tracemalloc.start()
    [(number, refusal)] = csv_table.read_csv_records(content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (number, str(refusal).startswith(TOO_LONG)) == (1, True)
    assert peak < MEGABYTE / 2


def test_columns_are_known_by_either_title_and_come_in_any_order() -> None:
    assert found(b"Text,Id\na,1\n") == found(b"text,extra,id\na,x,1\n") == [(2, row(id="1", text="a"))]
    assert found(b"Id\n1\n") == [(2, row(id="1"))]


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (b"text", "is missing the columns id: no line of this file can be read"),
        ("id,text".encode("utf-16"), "is not UTF-8"),
        (b"id,Id", "names a column twice: no line of this file can be read"),
        (b'"id', "is not CSV: unexpected end of data (lines 1 to 2)"),
    ],
)
def test_a_file_that_does_not_name_its_columns_is_refused_once(header: bytes, reason: str) -> None:
    assert found(header + b"\n1,a\n") == [(1, reason)]


def test_a_line_of_another_width_is_refused() -> None:
    assert found(b"id,text\n1\n2,b\n3,c,d\n") == [
        (2, "has 1 values for 2 columns"),
        (3, row(id="2", text="b")),
        (4, "has 3 values for 2 columns"),
    ]


# Forms


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
def test_an_answer_is_known_by_its_list(mark: bytes, content: bytes) -> None:
    assert found(mark + content) == [(1, row(id="1")), (2, row(id="2", text=LIST[1]["text"]))]


def test_lines_of_json_are_known_by_their_first_brace() -> None:
    content = "\n".join(map(json.dumps, reversed(LIST))).encode()
    assert found(content) == [(1, row(id="2", text=LIST[1]["text"])), (2, row(id="1"))]
    assert found(b"\xef\xbb\xbf" + content) == found(content)


def test_a_bad_first_line_does_not_change_the_form() -> None:
    assert found(b'{"id": \n{"id": "1"}\n') == [(1, found(b'{"id": ')[0][1]), (2, row(id="1"))]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"[]", b'{"messages": []}', b"id,text\n", b"\xef\xbb\xbfid\n"])
def test_a_file_of_nothing_holds_nothing(content: bytes) -> None:
    assert found(content) == []


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
def test_a_line_that_cannot_be_read_is_named_and_the_next_one_is_read(line: bytes, reason: str) -> None:
    first, (number, why), last = found(b'{"id": "0"}\n' + line + b'\n{"id": "2"}\n')
    assert (first, last) == ((1, row(id="0")), (3, row(id="2")))
    assert (number, why.startswith(reason)) == (2, True), why


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
def test_an_answer_that_cannot_be_read_is_refused_once(content: bytes, reason: str) -> None:
    [(number, why)] = found(content)
    assert (number, why.startswith(reason)) == (1, True), why


def test_what_is_no_object_in_an_answer_is_named_by_its_place() -> None:
    assert found(b'[{"id": "1"}, 2, null, {"id": "4"}]') == [
        (1, row(id="1")),
        (2, "is not a JSON object"),
        (3, "is not a JSON object"),
        (4, row(id="4")),
    ]


# What is told, and what it costs


@pytest.mark.parametrize(
    "content", [b"id,extra,b,a\n1,x,y,z\n2,x,y,z\n", b'{"id": "1", "a": 1}\n{"id": "2", "b": []}\n']
)
def test_columns_that_are_not_known_are_kept_to_be_told(content: bytes) -> None:
    notes = Notes()
    assert [number for number, _ in read_rows(io.BytesIO(content), LAYOUT, notes)][-1] in (2, 3)
    assert notes.unknown_columns == {"a", "b"}


def test_only_so_many_columns_are_kept() -> None:
    notes = Notes()
    lines = "".join(json.dumps({"id": "1", f"a{n}": 1}) + "\n" for n in range(3 * MAX_UNKNOWN_COLUMNS))
    assert len(list(read_rows(io.BytesIO(lines.encode()), LAYOUT, notes))) == 3 * MAX_UNKNOWN_COLUMNS
    assert len(notes.unknown_columns) == MAX_UNKNOWN_COLUMNS


@pytest.mark.parametrize("line", [b'1,"a\nb"\n', b'{"id": "1", "text": "a"}\n'])
@pytest.mark.parametrize("way", [lambda found: found, reverse_rows])
def test_memory_does_not_grow_with_the_file(line: bytes, way: Callable[[Any], Any]) -> None:
    head = b"" if line.startswith(b"{") else b"id,text\n"
    peaks = [peak_of_reading(head + line * times, way) for times in (1_000, 10_000)]
    # Backwards, eight bytes of each row are kept.
    assert peaks[1] < peaks[0] + 2 * 8 * 10_000


def peak_of_reading(content: bytes, way: Callable[[Any], Any]) -> int:
    file = io.BytesIO(content)
    tracemalloc.start()
    for _ in way(read_rows(file, LAYOUT, Notes())):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def test_backwards_gives_the_same_from_the_last_to_the_first() -> None:
    content = b'{"id": "1", "text": "\\u00e9\\n"}\n[]\n{"id": 2}\n'
    forwards = read_rows(io.BytesIO(content), LAYOUT, Notes())
    assert told(reverse_rows(forwards)) == list(reversed(found(content)))
