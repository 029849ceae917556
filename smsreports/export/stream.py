"""The streaming response: one snapshot, counted and copied on a connection of its own."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, islice

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.cache import patch_vary_headers
from rest_framework.exceptions import ParseError

from smsreports.dialects.described import Header
from smsreports.dialects.shapes import COUNT, MARK, TEXT, words
from smsreports.export.codings import Coding, asked
from smsreports.export.columns import Column
from smsreports.export.formats import Format
from smsreports.export.ledger import Ledger, Tally
from smsreports.export.turns import in_turns
from smsreports.statements import Statement
from smsreports.telemetry.files import watched

# Bytes handed to the server at once: rows one by one cost more than reading them does.
BLOCK = 256 * 1024
# What a file is told by, published.
HEADERS = {
    "Content-Disposition": Header("The name under which to keep the file.", TEXT),
    "X-Export-Id": Header("By which its receipt is asked for; not on a HEAD.", MARK, always=False),
    "X-Export-Limit": Header("The most rows that a file has.", COUNT),
    "X-Export-Total": Header("How many rows match.", COUNT),
    "X-Export-Truncated": Header("Whether more match than the file has.", words(("true", "false"))),
}


class ExportBroken(RuntimeError):
    """A file ended midway, by a fault of this kind; its client must not take it for whole."""

    # For the log.
    text_is_ours = True


@dataclass(frozen=True)
class File:
    """What to write: `rows` in order, `count` of all that match, and at most `limit` of them.

    `total` counts too, for who asks for no rows: within the limits of a list, since no export's limits hold there.
    """

    rows: Statement
    count: Statement
    total: Callable[[], int]
    columns: Sequence[Column]
    titles: Sequence[str]
    format: Format
    limit: int


class Blocks:
    """The bytes of a file, a block at a time, and `total`, the number of rows that match.

    Both come from one snapshot, so the total is true of the file. The transaction is open until
    `close`, which the server calls when the client has everything or has left; an unfinished COPY
    is then cancelled. A failure midway is raised into the server, which breaks the connection.

    The ledger knows of the end before the client does: a file without its entry never ends well.
    """

    def __init__(self, file: File, ledger: Ledger, coding: Coding) -> None:
        self._file, self._ledger, self._coding = file, ledger, coding
        self._connection = connection.copy()
        self._tally, self._is_kept, self._is_under_way = Tally(), False, False
        with ExitStack() as held:
            held.enter_context(ledger.place())
            held.callback(self._connection.close)
            self.total = self._open()
            ledger.begun(self.total, file.limit)
            self._held = held.pop_all()
        self._blocks = watched(self._read(), min(self.total, file.limit))
        self._first = self._begun()

    def __iter__(self) -> Iterator[bytes]:
        """Never an empty block: in a chunked body that is the end."""
        return chain(self._first, self._blocks)

    def close(self) -> None:
        with self._held:
            self._blocks.close()
        if not self._is_kept:
            self._is_kept = True
            self._ledger.broke(self._tally)

    def __del__(self) -> None:
        """A response that never reached the server gives back what it holds, too."""
        if hasattr(self, "_blocks"):
            self.close()

    def _open(self) -> int:
        with self._connection.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            self._ledger.admit(cursor)
            # The rows come in the order of their indexes; sorting a million would hold back the first for seconds.
            cursor.execute("SET LOCAL enable_sort = off; SET LOCAL jit = off")
            cursor.execute(self._file.count.sql, self._file.count.params)
            # A sum of counters comes as a Decimal.
            return int(cursor.fetchone()[0])

    def _begun(self) -> list[bytes]:
        """The first block, if there is one: until it is there, a fault is answered as one, and not by a broken file."""
        try:
            return [*islice(self._blocks, 1)]
        except BaseException:
            self.close()
            raise
        finally:
            self._is_under_way = True

    def _read(self) -> Generator[bytes]:
        try:
            for block, rows in self._made():
                yield self._coding.packed(block)
                self._tally.add(block, rows)
            if rest := self._coding.end():
                yield rest
            self._finish()
        except Exception as fault:
            if not self._is_under_way:
                raise
            # The server logs what it is given; the fault's own text may hold a row.
            raise ExportBroken(type(fault).__name__) from None

    def _made(self) -> Iterator[tuple[bytes, int]]:
        """In turns, but for the first: that is part of an answer, and answers are what the turns make room for."""
        written = self._written()
        yield from chain(islice(written, 1), in_turns(written))

    def _written(self) -> Iterator[tuple[bytes, int]]:
        """The file's bytes, each block with the number of its rows."""
        if preamble := self._file.format.preamble(self._file.titles):
            yield preamble, 0
        yield from self._copied()

    def _copied(self) -> Iterator[tuple[bytes, int]]:
        """Rows, a BLOCK at a time, in one loop: a million times whatever a row costs here."""
        file = self._file
        sql = file.format.copy_sql(file.columns, file.titles, file.rows.sql)
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{settings.EXPORT_SECONDS}s"])
            # psycopg's own cursor: Django's takes no parameters for a COPY where DEBUG is on.
            with self._connection.wrap_database_errors, cursor.cursor.copy(sql, file.rows.params) as copy:
                block, size = [], 0
                while row := copy.read():
                    block.append(row)
                    size += len(row)
                    if size >= BLOCK:
                        yield b"".join(block), len(block)
                        block, size = [], 0
                if block:
                    yield b"".join(block), len(block)

    def _finish(self) -> None:
        """The last block was taken, and the body has not ended yet."""
        with self._connection.cursor() as cursor:
            self._ledger.finished(cursor, self._tally)
            cursor.execute("COMMIT")
        self._is_kept = True


def response(request: HttpRequest, file: File, ledger: Ledger) -> StreamingHttpResponse:
    """Streams `file`, packed if `request` asks for that; a HEAD is told what is known before the first byte, and
    enters no ledger. Raises what the ledger raises to refuse; ParseError for HTTP/1.0."""
    if request.META.get("SERVER_PROTOCOL") == "HTTP/1.0":
        # Its bodies end where the connection does: one that broke would look whole.
        raise ParseError("An export needs HTTP/1.1. Behind nginx, set proxy_http_version 1.1.")
    coding = asked(request.META.get("HTTP_ACCEPT_ENCODING", ""))
    if request.method == "HEAD":
        total, answer = file.total(), StreamingHttpResponse((), content_type=file.format.content_type)
    else:
        blocks = Blocks(file, ledger, coding)
        total, answer = blocks.total, StreamingHttpResponse(blocks, content_type=file.format.content_type)
        answer["X-Export-Id"] = str(ledger.id)
    if coding.name:
        answer["Content-Encoding"] = coding.name
    _describe(answer, file, total)
    return answer


def _describe(answer: StreamingHttpResponse, file: File, total: int) -> None:
    name = f"messages_export_{datetime.now(UTC):%Y%m%dT%H%M%SZ}.{file.format.extension}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Export-Limit"] = str(file.limit)
    answer["X-Export-Total"] = str(total)
    answer["X-Export-Truncated"] = str(total > file.limit).lower()
    # A proxy that collects the file first would undo the streaming.
    answer["X-Accel-Buffering"] = "no"
    patch_vary_headers(answer, ("Accept-Encoding",))
