"""Lines of a file: their numbers, their ends, and what a huge one costs."""

import io
import tracemalloc

from hypothesis import example, given
from hypothesis import strategies as st

from smsreports.ingest.lines import read_numbered_lines
from smsreports.ingest.records import MAX_LINE_BYTES

BLANKS = b" \t\r\v\f"
MEGABYTE = 2**20


def found(content: bytes) -> list[tuple[int, bytes]]:
    return list(read_numbered_lines(io.BytesIO(content)))


LINE = st.binary(max_size=6).map(lambda line: line.replace(b"\n", b""))


@given(st.lists(LINE), st.sampled_from([b"\n", b"\r\n"]), st.booleans())
@example([], b"\n", False)
@example([b"a", b"", b"b"], b"\r\n", False)
@example([b"", b"", b"a"], b"\n", True)
def test_lines_are_those_that_a_split_gives(lines: list[bytes], end: bytes, at_the_end: bool) -> None:
    content = end.join(lines) + (end if at_the_end else b"")
    slowly = enumerate(content.split(b"\n"), start=1)
    assert found(content) == [(number, line.strip()) for number, line in slowly if line.strip()]


def test_a_last_line_without_an_end_is_a_line() -> None:
    assert found(b"a\nb") == found(b"a\nb\n") == found(b"a\r\nb\r\n") == [(1, b"a"), (2, b"b")]


def test_blank_lines_are_counted_and_passed_over() -> None:
    assert found(b"\n\r\n" + BLANKS + b"\na\n\n") == [(4, b"a")]


def test_a_line_as_long_as_may_be_is_whole() -> None:
    line = b"x" * MAX_LINE_BYTES
    for end in (b"\n", b"\r\n", b""):
        assert found(line + end) == [(1, line)]
        assert found(line + end + b"\n" + line + end)[0] == (1, line)


def test_of_a_longer_line_there_is_enough_to_tell() -> None:
    for length in (
        MAX_LINE_BYTES + 1,
        MAX_LINE_BYTES + 2,
        MAX_LINE_BYTES + 3,
        3 * MAX_LINE_BYTES,
        4 * (MAX_LINE_BYTES + 2),
    ):
        (first, cut), second = found(b"a" + b"x" * (length - 1) + b"\nb")
        assert (first, second) == (1, (2, b"b"))
        assert len(cut) > MAX_LINE_BYTES


def test_blanks_do_not_make_a_long_line_shorter() -> None:
    for line in (b" " * 2 * MAX_LINE_BYTES + b"x", b"x" + b" " * 2 * MAX_LINE_BYTES + b"x", b"\t" * 2 * MAX_LINE_BYTES):
        (first, cut), second = found(line + b"\nb")
        assert (first, second) == (1, (2, b"b"))
        assert len(cut) > MAX_LINE_BYTES


def test_a_huge_line_takes_no_more_memory_than_a_long_one() -> None:
    file = io.BytesIO(b"x" * 32 * MEGABYTE + b"\nb")
    tracemalloc.start()
    lines = [(number, len(line)) for number, line in read_numbered_lines(file)]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert lines[1:] == [(2, 1)]
    assert peak < MEGABYTE / 4
