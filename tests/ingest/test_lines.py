"""Lines of a file: numbers, line endings, and memory for a huge line."""

import io
import tracemalloc

from hypothesis import example, given
from hypothesis import strategies as st

from smsreports.ingest.lines import read_numbered_lines
from smsreports.records.field_types import MAX_LINE_BYTES

BLANKS = b" \t\r\v\f"
MEGABYTE = 2**20


def read_lines(content: bytes) -> list[tuple[int, bytes]]:
    return list(read_numbered_lines(io.BytesIO(content)))


LINE = st.binary(max_size=6).map(lambda line: line.replace(b"\n", b""))


@given(st.lists(LINE), st.sampled_from([b"\n", b"\r\n"]), st.booleans())
@example([], b"\n", False)
@example([b"a", b"", b"b"], b"\r\n", False)
@example([b"", b"", b"a"], b"\n", True)
def test_lines_equal_those_of_a_split(lines: list[bytes], end: bytes, at_the_end: bool) -> None:
    content = end.join(lines) + (end if at_the_end else b"")
    slowly = enumerate(content.split(b"\n"), start=1)
    assert read_lines(content) == [(number, line.strip()) for number, line in slowly if line.strip()]


def test_a_last_line_without_a_line_ending_is_read() -> None:
    assert read_lines(b"a\nb") == read_lines(b"a\nb\n") == read_lines(b"a\r\nb\r\n") == [(1, b"a"), (2, b"b")]


def test_blank_lines_are_counted_and_skipped() -> None:
    assert read_lines(b"\n\r\n" + BLANKS + b"\na\n\n") == [(4, b"a")]


def test_a_line_of_the_maximum_length_is_not_cut() -> None:
    line = b"x" * MAX_LINE_BYTES
    for end in (b"\n", b"\r\n", b""):
        assert read_lines(line + end) == [(1, line)]
        assert read_lines(line + end + b"\n" + line + end)[0] == (1, line)


def test_a_line_over_the_maximum_is_cut_but_still_too_long() -> None:
    for length in (
        MAX_LINE_BYTES + 1,
        MAX_LINE_BYTES + 2,
        MAX_LINE_BYTES + 3,
        3 * MAX_LINE_BYTES,
        4 * (MAX_LINE_BYTES + 2),
    ):
        (first, cut), second = read_lines(b"a" + b"x" * (length - 1) + b"\nb")
        assert (first, second) == (1, (2, b"b"))
        assert len(cut) > MAX_LINE_BYTES


def test_blanks_of_a_line_that_is_too_long_are_not_stripped() -> None:
    for line in (b" " * 2 * MAX_LINE_BYTES + b"x", b"x" + b" " * 2 * MAX_LINE_BYTES + b"x", b"\t" * 2 * MAX_LINE_BYTES):
        (first, cut), second = read_lines(line + b"\nb")
        assert (first, second) == (1, (2, b"b"))
        assert len(cut) > MAX_LINE_BYTES


def test_a_huge_line_is_read_in_bounded_memory() -> None:
    file = io.BytesIO(b"x" * 32 * MEGABYTE + b"\nb")
    tracemalloc.start()
    lines = [(number, len(line)) for number, line in read_numbered_lines(file)]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert lines[1:] == [(2, 1)]
    assert peak < MEGABYTE / 4
