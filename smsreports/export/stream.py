"""Streaming response of an export: one snapshot, counted and copied on its own database connection."""

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

# Bytes handed to the server at once. Handing over single rows would cost more than reading them.
CHUNK_BYTES = 256 * 1024
# Response headers of an export, for the OpenAPI document.
HEADERS = {
    "Content-Disposition": Header("The file name.", TEXT),
    "X-Export-Id": Header(
        "The id of the export, for requesting its receipt; not on a HEAD.", UUID, is_always_sent=False
    ),
    "X-Export-Limit": Header("The maximum number of rows in a file.", COUNT),
    "X-Export-Total": Header("The number of rows that match.", COUNT),
    "X-Export-Truncated": Header("True if more rows match than the file contains.", enum_of(("true", "false"))),
}


class ExportBroken(RuntimeError):
    """Failure after the first byte of a file. The client must notice that the file is incomplete."""

    # The message is the name of an exception class.
    is_log_safe = True


@dataclass(frozen=True)
class ExportSpec:
    """Content of an export: the ordered `rows`, their columns, titles and format, and at most `limit` rows.

    `count` counts all matching rows in the export's snapshot. `count_rows` counts them for a HEAD request, within the
    limits of a list, because the limits of exports do not apply to it.
    """

    rows: CompiledQuery
    count: CompiledQuery
    count_rows: Callable[[], int]
    columns: Sequence[Column]
    titles: Sequence[str]
    format: Format
    limit: int


class ExportStream:
    """Iterator over the bytes of a file, a chunk at a time, and `total`, the number of rows that match.

    Both come from one snapshot, so `total` is exact for the file. The transaction is open until `close`, which the
    server calls when the client has everything or has disconnected; an unfinished COPY is then cancelled. A failure
    midway is raised into the server, which breaks the connection.

    The observer records the result before the client sees the end of the body, so a complete file always has a
    record.
    """

    def __init__(self, spec: ExportSpec, observer: ExportObserver, encoding: ContentEncoding) -> None:
        self._spec, self._observer, self._encoding = spec, observer, encoding
        self._connection = connection.copy()
        self._stats, self._is_recorded, self._has_started = ExportStats(), False, False
        with ExitStack() as resources:
            resources.enter_context(observer.acquire_slot())
            resources.callback(self._connection.close)
            self.total = self._open_snapshot()
            observer.on_start(self.total, spec.limit)
            self._resources = resources.pop_all()
        self._chunks = track_export(self._read_chunks(), min(self.total, spec.limit))
        self._first_chunks = self._read_first_chunk()

    def __iter__(self) -> Iterator[bytes]:
        """Iterate over the chunks. None is empty, because an empty chunk ends a chunked body."""
        return chain(self._first_chunks, self._chunks)

    def close(self) -> None:
        with self._resources:
            self._chunks.close()
        if not self._is_recorded:
            self._is_recorded = True
            self._observer.on_failure(self._stats)

    def __del__(self) -> None:
        """Release the resources of a response that never reached the server."""
        if hasattr(self, "_chunks"):
            self.close()

    def _open_snapshot(self) -> int:
        """Begin the export's transaction and return the number of matching rows."""
        with self._connection.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            self._observer.authorize_export(cursor)
            # Read the rows in the order of their indexes: sorting a million would delay the first for seconds.
            cursor.execute("SET LOCAL enable_sort = off; SET LOCAL jit = off")
            cursor.execute(self._spec.count.sql, self._spec.count.params)
            # A sum of counters is a Decimal.
            return int(cursor.fetchone()[0])

    def _read_first_chunk(self) -> list[bytes]:
        """Return the first chunk, if any, in a list. An error until here gets an error response, not a broken file."""
        try:
            return [*islice(self._chunks, 1)]
        except BaseException:
            self.close()
            raise
        finally:
            self._has_started = True

    def _read_chunks(self) -> Generator[bytes]:
        """Yield the encoded chunks, then record the result. Raises ExportBroken for errors after the first chunk."""
        try:
            for chunk, rows in self._scheduled_chunks():
                yield self._encoding.compress(chunk)
                self._stats.add_chunk(chunk, rows)
            if rest := self._encoding.flush():
                yield rest
            self._commit_result()
        except Exception as error:
            if not self._has_started:
                raise
            # The server logs this exception. The text of the original may contain a row.
            raise ExportBroken(type(error).__name__) from None

    def _scheduled_chunks(self) -> Iterator[tuple[bytes, int]]:
        """Yield the first chunk immediately, as part of the response, and schedule later ones behind other requests."""
        chunks = self._file_chunks()
        yield from chain(islice(chunks, 1), schedule_chunks(chunks))

    def _file_chunks(self) -> Iterator[tuple[bytes, int]]:
        """Yield the bytes of the file in chunks, each with the number of its rows."""
        if preamble := self._spec.format.build_preamble(self._spec.titles):
            yield preamble, 0
        yield from self._copy_chunks()

    def _copy_chunks(self) -> Iterator[tuple[bytes, int]]:
        """Yield the rows in chunks of about CHUNK_BYTES. Hot loop: it runs once per row, up to a million times."""
        spec = self._spec
        sql = spec.format.build_copy_sql(spec.columns, spec.titles, spec.rows.sql)
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{settings.EXPORT_SECONDS}s"])
            # psycopg's own cursor: Django's accepts no parameters for a COPY when DEBUG is on.
            with self._connection.wrap_database_errors, cursor.cursor.copy(sql, spec.rows.params) as copy:
                rows, size = [], 0
                while row := copy.read():
                    rows.append(row)
                    size += len(row)
                    if size >= CHUNK_BYTES:
                        yield b"".join(rows), len(rows)
                        rows, size = [], 0
                if rows:
                    yield b"".join(rows), len(rows)

    def _commit_result(self) -> None:
        """Record the result after the last chunk and before the end of the body."""
        with self._connection.cursor() as cursor:
            self._observer.on_finish(cursor, self._stats)
            cursor.execute("COMMIT")
        self._is_recorded = True


def build_export_response(request: HttpRequest, spec: ExportSpec, observer: ExportObserver) -> StreamingHttpResponse:
    """Stream a file, compressed if the request accepts that.

    A HEAD request gets the headers only and is not recorded. Raises ParseError for HTTP/1.0, and what the observer
    raises to refuse the export.
    """
    if request.META.get("SERVER_PROTOCOL") == "HTTP/1.0":
        # An HTTP/1.0 body ends with the connection, so a broken file would look complete.
        raise ParseError("An export needs HTTP/1.1. Behind nginx, set proxy_http_version 1.1.")
    encoding = choose_encoding(request.META.get("HTTP_ACCEPT_ENCODING", ""))
    if request.method == "HEAD":
        total, response = spec.count_rows(), StreamingHttpResponse((), content_type=spec.format.content_type)
    else:
        stream = ExportStream(spec, observer, encoding)
        total, response = stream.total, StreamingHttpResponse(stream, content_type=spec.format.content_type)
        response["X-Export-Id"] = str(observer.id)
    if encoding.name:
        response["Content-Encoding"] = encoding.name
    _set_headers(response, spec, total)
    return response


def _set_headers(response: StreamingHttpResponse, spec: ExportSpec, total: int) -> None:
    name = f"messages_export_{datetime.now(UTC):%Y%m%dT%H%M%SZ}.{spec.format.extension}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Export-Limit"] = str(spec.limit)
    response["X-Export-Total"] = str(total)
    response["X-Export-Truncated"] = str(total > spec.limit).lower()
    # Buffering by a proxy would defeat the streaming.
    response["X-Accel-Buffering"] = "no"
    patch_vary_headers(response, ("Accept-Encoding",))
