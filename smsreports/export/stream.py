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

from smsreports.concurrency.export_scheduler import schedule_chunks
from smsreports.database.compiled import CompiledQuery
from smsreports.export.columns import Column
from smsreports.export.compression import ContentEncoding, choose_encoding
from smsreports.export.formats import Format
from smsreports.export.observer import ExportObserver, ExportStats
from smsreports.openapi.schemas import COUNT, TEXT, UUID, enum_of
from smsreports.openapi.spec import Header
from smsreports.telemetry.export_metrics import track_export

# Bytes handed to the server at once: rows one by one cost more than reading them does.
CHUNK_BYTES = 256 * 1024
# What a file is told by, published.
HEADERS = {
    "Content-Disposition": Header("The name under which to keep the file.", TEXT),
    "X-Export-Id": Header("By which its receipt is asked for; not on a HEAD.", UUID, is_always_sent=False),
    "X-Export-Limit": Header("The most rows that a file has.", COUNT),
    "X-Export-Total": Header("How many rows match.", COUNT),
    "X-Export-Truncated": Header("Whether more match than the file has.", enum_of(("true", "false"))),
}


class ExportBroken(RuntimeError):
    """A file ended midway, by a fault of this kind; its client must not take it for whole."""

    # For the log.
    is_log_safe = True


@dataclass(frozen=True)
class ExportSpec:
    """What to write: `rows` in order, `count` of all that match, and at most `limit` of them.

    `total` counts too, for who asks for no rows: within the limits of a list, since no export's limits hold there.
    """

    rows: CompiledQuery
    count: CompiledQuery
    total: Callable[[], int]
    columns: Sequence[Column]
    titles: Sequence[str]
    format: Format
    limit: int


class ExportStream:
    """The bytes of a file, a block at a time, and `total`, the number of rows that match.

    Both come from one snapshot, so the total is true of the file. The transaction is open until
    `close`, which the server calls when the client has everything or has left; an unfinished COPY
    is then cancelled. A failure midway is raised into the server, which breaks the connection.

    The ledger knows of the end before the client does: a file without its entry never ends well.
    """

    def __init__(self, file: ExportSpec, ledger: ExportObserver, coding: ContentEncoding) -> None:
        self._file, self._ledger, self._coding = file, ledger, coding
        self._connection = connection.copy()
        self._tally, self._is_kept, self._is_under_way = ExportStats(), False, False
        with ExitStack() as held:
            held.enter_context(ledger.acquire_slot())
            held.callback(self._connection.close)
            self.total = self._open_snapshot()
            ledger.on_start(self.total, file.limit)
            self._resources = held.pop_all()
        self._blocks = track_export(self._read_chunks(), min(self.total, file.limit))
        self._first = self._read_first_chunk()

    def __iter__(self) -> Iterator[bytes]:
        """Never an empty block: in a chunked body that is the end."""
        return chain(self._first, self._blocks)

    def close(self) -> None:
        with self._resources:
            self._blocks.close()
        if not self._is_kept:
            self._is_kept = True
            self._ledger.on_failure(self._tally)

    def __del__(self) -> None:
        """A response that never reached the server gives back what it holds, too."""
        if hasattr(self, "_blocks"):
            self.close()

    def _open_snapshot(self) -> int:
        with self._connection.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            self._ledger.authorize_export(cursor)
            # The rows come in the order of their indexes; sorting a million would hold back the first for seconds.
            cursor.execute("SET LOCAL enable_sort = off; SET LOCAL jit = off")
            cursor.execute(self._file.count.sql, self._file.count.params)
            # A sum of counters comes as a Decimal.
            return int(cursor.fetchone()[0])

    def _read_first_chunk(self) -> list[bytes]:
        """The first block, if there is one: until it is there, a fault is answered as one, and not by a broken file."""
        try:
            return [*islice(self._blocks, 1)]
        except BaseException:
            self.close()
            raise
        finally:
            self._is_under_way = True

    def _read_chunks(self) -> Generator[bytes]:
        try:
            for block, rows in self._scheduled_chunks():
                yield self._coding.compress(block)
                self._tally.add_block(block, rows)
            if rest := self._coding.flush():
                yield rest
            self._commit_result()
        except Exception as fault:
            if not self._is_under_way:
                raise
            # The server logs what it is given; the fault's own text may hold a row.
            raise ExportBroken(type(fault).__name__) from None

    def _scheduled_chunks(self) -> Iterator[tuple[bytes, int]]:
        """In turns, but for the first: that is part of an answer, and answers are what the turns make room for."""
        written = self._file_chunks()
        yield from chain(islice(written, 1), schedule_chunks(written))

    def _file_chunks(self) -> Iterator[tuple[bytes, int]]:
        """The file's bytes, each block with the number of its rows."""
        if preamble := self._file.format.build_preamble(self._file.titles):
            yield preamble, 0
        yield from self._copy_chunks()

    def _copy_chunks(self) -> Iterator[tuple[bytes, int]]:
        """Rows, a BLOCK at a time, in one loop: a million times whatever a row costs here."""
        file = self._file
        sql = file.format.build_copy_sql(file.columns, file.titles, file.rows.sql)
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{settings.EXPORT_SECONDS}s"])
            # psycopg's own cursor: Django's takes no parameters for a COPY where DEBUG is on.
            with self._connection.wrap_database_errors, cursor.cursor.copy(sql, file.rows.params) as copy:
                block, size = [], 0
                while row := copy.read():
                    block.append(row)
                    size += len(row)
                    if size >= CHUNK_BYTES:
                        yield b"".join(block), len(block)
                        block, size = [], 0
                if block:
                    yield b"".join(block), len(block)

    def _commit_result(self) -> None:
        """The last block was taken, and the body has not ended yet."""
        with self._connection.cursor() as cursor:
            self._ledger.on_finish(cursor, self._tally)
            cursor.execute("COMMIT")
        self._is_kept = True


def build_export_response(request: HttpRequest, spec: ExportSpec, observer: ExportObserver) -> StreamingHttpResponse:
    """Streams `file`, packed if `request` asks for that; a HEAD is told what is known before the first byte, and
    enters no ledger. Raises what the ledger raises to refuse; ParseError for HTTP/1.0."""
    if request.META.get("SERVER_PROTOCOL") == "HTTP/1.0":
        # Its bodies end where the connection does: one that broke would look whole.
        raise ParseError("An export needs HTTP/1.1. Behind nginx, set proxy_http_version 1.1.")
    coding = choose_encoding(request.META.get("HTTP_ACCEPT_ENCODING", ""))
    if request.method == "HEAD":
        total, answer = spec.total(), StreamingHttpResponse((), content_type=spec.format.content_type)
    else:
        blocks = ExportStream(spec, observer, coding)
        total, answer = blocks.total, StreamingHttpResponse(blocks, content_type=spec.format.content_type)
        answer["X-Export-Id"] = str(observer.id)
    if coding.name:
        answer["Content-Encoding"] = coding.name
    _set_headers(answer, spec, total)
    return answer


def _set_headers(answer: StreamingHttpResponse, spec: ExportSpec, total: int) -> None:
    name = f"messages_export_{datetime.now(UTC):%Y%m%dT%H%M%SZ}.{spec.format.extension}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Export-Limit"] = str(spec.limit)
    answer["X-Export-Total"] = str(total)
    answer["X-Export-Truncated"] = str(total > spec.limit).lower()
    # A proxy that collects the file first would undo the streaming.
    answer["X-Accel-Buffering"] = "no"
    patch_vary_headers(answer, ("Accept-Encoding",))
