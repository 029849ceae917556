"""The streaming response: one snapshot, counted and copied on a connection of its own."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection
from django.http import StreamingHttpResponse

from smsreports.dialects.described import Header
from smsreports.dialects.shapes import COUNT, TEXT, words
from smsreports.export.columns import Column
from smsreports.export.formats import Format
from smsreports.statements import Statement

# Bytes handed to the server at once: rows one by one cost more than reading them does.
BLOCK = 256 * 1024
# What a file is told by, published.
HEADERS = {
    "Content-Disposition": Header("The name under which to keep the file.", TEXT),
    "X-Export-Limit": Header("The most rows that a file has.", COUNT),
    "X-Export-Total": Header("How many rows match.", COUNT),
    "X-Export-Truncated": Header("Whether more match than the file has.", words(("true", "false"))),
}


class ExportBroken(RuntimeError):
    """A file ended midway, by a fault of this kind; its client must not take it for whole."""


@dataclass(frozen=True)
class File:
    """What to write: `rows` in order, `count` of all that match, and at most `limit` of them."""

    rows: Statement
    count: Statement
    columns: Sequence[Column]
    titles: Sequence[str]
    format: Format
    limit: int


class Blocks:
    """The bytes of a file, a block at a time, and `total`, the number of rows that match.

    Both come from one snapshot, so the total is true of the file. The transaction is open until
    `close`, which the server calls when the client has everything or has left; an unfinished COPY
    is then cancelled. A failure midway is raised into the server, which breaks the connection.
    """

    def __init__(self, file: File) -> None:
        self._file = file
        self._connection = connection.copy()
        try:
            self.total = self._open()
        except BaseException:
            self._connection.close()
            raise
        self._blocks = self._read()

    def __iter__(self) -> Iterator[bytes]:
        return self._blocks

    def close(self) -> None:
        try:
            self._blocks.close()
        finally:
            self._connection.close()

    def _open(self) -> int:
        with self._connection.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            # The rows come in the order of their indexes; sorting a million would hold back the first for seconds.
            cursor.execute("SET LOCAL enable_sort = off; SET LOCAL jit = off")
            cursor.execute(self._file.count.sql, self._file.count.params)
            total: int = cursor.fetchone()[0]
        return total

    def _read(self) -> Generator[bytes]:
        """Never an empty block: in a chunked body that is the end."""
        if preamble := self._file.format.preamble(self._file.titles):
            yield preamble
        try:
            yield from self._copied()
        except Exception as fault:
            # The server logs what it is given; the fault's own text may hold a row.
            raise ExportBroken(type(fault).__name__) from None

    def _copied(self) -> Iterator[bytes]:
        """Rows, a BLOCK at a time, in one loop: a million times whatever a row costs here."""
        file = self._file
        sql = file.format.copy_sql(file.columns, file.titles, file.rows.sql)
        # psycopg's own cursor: Django's takes no parameters for a COPY where DEBUG is on.
        with self._connection.cursor() as cursor, cursor.cursor.copy(sql, file.rows.params) as copy:
            block, size = [], 0
            while row := copy.read():
                block.append(row)
                size += len(row)
                if size >= BLOCK:
                    yield b"".join(block)
                    block, size = [], 0
            if block:
                yield b"".join(block)


def response(file: File, *, headers_only: bool = False) -> StreamingHttpResponse:
    """Streams `file`; with `headers_only` nothing but what is known before the first byte."""
    blocks = Blocks(file)
    if headers_only:
        blocks.close()
    answer = StreamingHttpResponse(() if headers_only else blocks, content_type=file.format.content_type)
    now = datetime.now(UTC)
    name = f"messages_export_{now:%Y%m%dT%H%M%SZ}.{file.format.extension}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Export-Limit"] = str(file.limit)
    answer["X-Export-Total"] = str(blocks.total)
    answer["X-Export-Truncated"] = str(blocks.total > file.limit).lower()
    # A proxy that collects the file first would undo the streaming.
    answer["X-Accel-Buffering"] = "no"
    return answer
