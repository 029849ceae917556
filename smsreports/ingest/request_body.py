"""Reading of request bodies in bounded memory: with Content-Length or chunked, plain or gzip."""

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from socket import SHUT_RD, socket
from threading import Timer
from typing import BinaryIO

from django.http import HttpRequest
from gunicorn.http.errors import ParseException
from rest_framework.exceptions import ParseError, UnsupportedMediaType

from smsreports.exceptions import RequestTooLarge

# Bytes read and inflated per step. It bounds the memory that a decompression bomb can use.
CHUNK_BYTES = 64 * 1024
# Seconds for reading a body. A slow sender holds a thread and a load slot.
MAX_READ_SECONDS = 60
# Seconds for reading the rest of a rejected body.
MAX_DRAIN_SECONDS = 2
# For zlib: expect a gzip header and trailer, with the largest window.
GZIP_WBITS = 16 + zlib.MAX_WBITS
# Exceptions raised while reading a truncated or damaged body.
BROKEN_BODY_ERRORS = (OSError, ParseException, zlib.error)
Chunks = Iterator[bytes]


def read_body(request: HttpRequest, media_type: str, max_bytes: int) -> bytes:
    """Return the whole body, decompressed.

    Raises UnsupportedMediaType for another media type or encoding, RequestTooLarge for more than `max_bytes` bytes,
    compressed or not, and ParseError for a truncated or damaged body.
    """
    _check_media_type(request, media_type)
    decode = _get_decoder(request)
    body = bytearray()
    with _report_broken_body(request):
        for chunk in decode(_read_chunks(request, max_bytes)):
            body += chunk
            if len(body) > max_bytes:
                raise _build_too_large_error(max_bytes)
    return bytes(body)


def buffer_body(request: HttpRequest, max_bytes: int) -> bytes:
    """Return the whole body as it was sent, still compressed, and buffer it for a later `read_body`.

    Raises RequestTooLarge for more than `max_bytes` bytes and ParseError for a truncated body.
    """
    buffer = BytesIO()
    with _report_broken_body(request):
        buffer.writelines(_read_chunks(request, max_bytes))
    buffer.seek(0)
    request.META |= {"wsgi.input": buffer, "wsgi.input_terminated": True}
    return buffer.getvalue()


def drain_body(request: HttpRequest, max_bytes: int) -> None:
    """Discard the rest of a body, at most `max_bytes` bytes.

    A client that is rejected while it is still sending would otherwise see a connection reset, not the response.
    """
    with suppress(*BROKEN_BODY_ERRORS), _read_deadline(request, MAX_DRAIN_SECONDS):
        stream = _get_stream(request)
        while max_bytes > 0 and (chunk := stream.read(CHUNK_BYTES)):
            max_bytes -= len(chunk)


@contextmanager
def _report_broken_body(request: HttpRequest) -> Iterator[None]:
    try:
        with _read_deadline(request, MAX_READ_SECONDS):
            yield
    except BROKEN_BODY_ERRORS:
        raise ParseError("The body is incomplete or damaged.") from None


def _check_media_type(request: HttpRequest, media_type: str) -> None:
    charset = (request.content_params or {}).get("charset", "utf-8")
    if request.content_type != media_type or charset.lower() != "utf-8":
        raise UnsupportedMediaType("", f"The body must be {media_type} in UTF-8, and its Content-Type must say so.")


def _get_decoder(request: HttpRequest) -> Callable[[Chunks], Chunks]:
    coding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in DECODERS:
        raise UnsupportedMediaType("", "Content-Encoding: must be gzip or omitted.")
    return DECODERS[coding]


@contextmanager
def _read_deadline(request: HttpRequest, seconds: float) -> Iterator[None]:
    """End the body after `seconds`, if the server gives access to the socket.

    A timeout of the socket itself would start again with each byte.
    """
    sock = request.META.get("gunicorn.socket")
    timer = Timer(seconds, _stop_receiving, [sock])
    if sock:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _stop_receiving(sock: socket) -> None:
    """Shut the socket down for reading. The response can still be sent."""
    with suppress(OSError):
        sock.shutdown(SHUT_RD)


def _read_chunks(request: HttpRequest, max_bytes: int) -> Chunks:
    # Absent for a chunked body, and for none.
    content_length = request.META.get("CONTENT_LENGTH", "")
    length = int(content_length) if content_length.isdecimal() else 0
    received_bytes = 0
    if length > max_bytes:
        raise _build_too_large_error(max_bytes)
    stream = _get_stream(request)
    while chunk := stream.read(CHUNK_BYTES):
        received_bytes += len(chunk)
        if received_bytes > max_bytes:
            raise _build_too_large_error(max_bytes)
        yield chunk
    if received_bytes < length:
        raise ParseError(f"The body ended after {received_bytes} of {length} bytes.")


def _get_stream(request: HttpRequest) -> HttpRequest | BinaryIO:
    """Return the stream to read the body from.

    Django treats a request without a length as empty. A server that terminates chunked bodies itself sets
    `wsgi.input_terminated`; then its stream is read directly.
    """
    return request.META["wsgi.input"] if request.META.get("wsgi.input_terminated") else request


def _pass_through(chunks: Chunks) -> Chunks:
    return chunks


def _inflate_gzip(chunks: Chunks) -> Chunks:
    """Inflate gzip members one after another, at most CHUNK_BYTES per step. Raises ParseError for a truncated body."""
    member = zlib.decompressobj(GZIP_WBITS)
    for chunk in chunks:
        has_more = False
        while chunk or has_more:
            if member.eof:
                member = zlib.decompressobj(GZIP_WBITS)
            piece = member.decompress(chunk, CHUNK_BYTES)
            yield piece
            chunk = member.unused_data or member.unconsumed_tail
            has_more = len(piece) == CHUNK_BYTES and not member.eof
    if not member.eof:
        raise ParseError("The gzip body is incomplete.")


DECODERS = {"identity": _pass_through, "": _pass_through, "gzip": _inflate_gzip, "x-gzip": _inflate_gzip}


def _build_too_large_error(max_bytes: int) -> RequestTooLarge:
    return RequestTooLarge(
        f"The body must not be larger than {max_bytes} bytes, compressed or not; nothing was loaded."
    )
