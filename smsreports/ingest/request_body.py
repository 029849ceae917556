"""A request's body in bounded memory, however it comes: with a length or in chunks, plain or gzip."""

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from socket import SHUT_RD, socket
from threading import Timer
from typing import Any

from django.http import HttpRequest
from gunicorn.http.errors import ParseException
from rest_framework.exceptions import ParseError, UnsupportedMediaType

from smsreports.exceptions import RequestTooLarge

# Bytes taken in, and inflated, at once: what a bomb of any size holds of our memory.
CHUNK_BYTES = 64 * 1024
# Seconds that a body may take, however it trickles in: its sender holds a thread and a place.
MAX_READ_SECONDS = 60
# Seconds for what is left of a body that is refused.
MAX_DRAIN_SECONDS = 2
# To zlib: a gzip header and trailer, and the largest window.
GZIP_WBITS = 16 + zlib.MAX_WBITS
# What a body that is cut or damaged raises while it is read.
BROKEN_BODY_ERRORS = (OSError, ParseException, zlib.error)
Chunks = Iterator[bytes]


def read_body(request: HttpRequest, media_type: str, max_bytes: int) -> bytes:
    """The whole body, of media type `media_type`. Raises UnsupportedMediaType; TooLarge for more than `max_bytes`
    bytes, packed
    or unpacked; ParseError for one that is cut or damaged."""
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
    """The whole body as it was sent, packed if it is, and kept where `read_body` finds it. Raises TooLarge for more
    than
    `max_bytes` bytes; ParseError for one that is cut."""
    buffer = BytesIO()
    with _report_broken_body(request):
        buffer.writelines(_read_chunks(request, max_bytes))
    buffer.seek(0)
    request.META |= {"wsgi.input": buffer, "wsgi.input_terminated": True}
    return buffer.getvalue()


def drain_body(request: HttpRequest, max_bytes: int) -> None:
    """Takes in the rest of a body, at most so many bytes: who is refused while still sending would see the connection
    break, and not the answer."""
    with suppress(*BROKEN_BODY_ERRORS), _read_deadline(request, MAX_DRAIN_SECONDS):
        stream = _get_stream(request)
        while max_bytes > 0 and (part := stream.read(CHUNK_BYTES)):
            max_bytes -= len(part)


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
    """After so many seconds the body ends, where the server lets us reach the socket. A timeout of the socket itself
    would begin anew with every byte."""
    sock = request.META.get("gunicorn.socket")
    timer = Timer(seconds, _stop_receiving, [sock])
    if sock:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _stop_receiving(sock: socket) -> None:
    """For reading; the answer still goes out."""
    with suppress(OSError):
        sock.shutdown(SHUT_RD)


def _read_chunks(request: HttpRequest, max_bytes: int) -> Chunks:
    length, received_bytes = _get_content_length(request), 0
    if length > max_bytes:
        raise _build_too_large_error(max_bytes)
    stream = _get_stream(request)
    while part := stream.read(CHUNK_BYTES):
        received_bytes += len(part)
        if received_bytes > max_bytes:
            raise _build_too_large_error(max_bytes)
        yield part
    if received_bytes < length:
        raise ParseError(f"The body ended after {received_bytes} of {length} bytes.")


def _get_content_length(request: HttpRequest) -> int:
    """0 for a body in chunks, and where there is none."""
    length = request.META.get("CONTENT_LENGTH", "")
    return int(length) if length.isdecimal() else 0


def _get_stream(request: HttpRequest) -> Any:
    """Django takes a request without a length for one without a body; a server that ends a body in chunks by itself
    says so."""
    return request.META["wsgi.input"] if request.META.get("wsgi.input_terminated") else request


def _pass_through(chunks: Chunks) -> Chunks:
    return chunks


def _inflate_gzip(chunks: Chunks) -> Chunks:
    """One gzip member after the other, never more than a step at once."""
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
