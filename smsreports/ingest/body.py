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

from smsreports.api.errors import TooLarge

# Bytes taken in, and inflated, at once: what a bomb of any size holds of our memory.
STEP = 64 * 1024
# Seconds that a body may take, however it trickles in: its sender holds a thread and a place.
LONGEST = 60
# Seconds for what is left of a body that is refused.
LONGEST_REST = 2
# To zlib: a gzip header and trailer, and the largest window.
GZIP = 16 + zlib.MAX_WBITS
# What a body that is cut or damaged raises while it is read.
BROKEN = (OSError, ParseException, zlib.error)
Parts = Iterator[bytes]


def read(request: HttpRequest, kind: str, most: int) -> bytes:
    """The whole body, of media type `kind`. Raises UnsupportedMediaType; TooLarge for more than `most` bytes, packed
    or unpacked; ParseError for one that is cut or damaged."""
    _check_type(request, kind)
    decoded = _decoder(request)
    body = bytearray()
    with _taking_in(request):
        for part in decoded(_received(request, most)):
            body += part
            if len(body) > most:
                raise _too_large(most)
    return bytes(body)


def keep(request: HttpRequest, most: int) -> bytes:
    """The whole body as it was sent, packed if it is, and kept where `read` finds it. Raises TooLarge for more than
    `most` bytes; ParseError for one that is cut."""
    kept = BytesIO()
    with _taking_in(request):
        kept.writelines(_received(request, most))
    kept.seek(0)
    request.META |= {"wsgi.input": kept, "wsgi.input_terminated": True}
    return kept.getvalue()


def discard(request: HttpRequest, most: int) -> None:
    """Takes in the rest of a body, at most so many bytes: who is refused while still sending would see the connection
    break, and not the answer."""
    with suppress(*BROKEN), _listening(request, LONGEST_REST):
        stream = _stream(request)
        while most > 0 and (part := stream.read(STEP)):
            most -= len(part)


@contextmanager
def _taking_in(request: HttpRequest) -> Iterator[None]:
    try:
        with _listening(request, LONGEST):
            yield
    except BROKEN:
        raise ParseError("The body is incomplete or damaged.") from None


def _check_type(request: HttpRequest, kind: str) -> None:
    charset = (request.content_params or {}).get("charset", "utf-8")
    if request.content_type != kind or charset.lower() != "utf-8":
        raise UnsupportedMediaType("", f"The body must be {kind} in UTF-8, and its Content-Type must say so.")


def _decoder(request: HttpRequest) -> Callable[[Parts], Parts]:
    coding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in DECODERS:
        raise UnsupportedMediaType("", "Content-Encoding: must be gzip or omitted.")
    return DECODERS[coding]


@contextmanager
def _listening(request: HttpRequest, seconds: float) -> Iterator[None]:
    """After so many seconds the body ends, where the server lets us reach the socket. A timeout of the socket itself
    would begin anew with every byte."""
    sock = request.META.get("gunicorn.socket")
    timer = Timer(seconds, _hang_up, [sock])
    if sock:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _hang_up(sock: socket) -> None:
    """For reading; the answer still goes out."""
    with suppress(OSError):
        sock.shutdown(SHUT_RD)


def _received(request: HttpRequest, most: int) -> Parts:
    length, got = _length(request), 0
    if length > most:
        raise _too_large(most)
    stream = _stream(request)
    while part := stream.read(STEP):
        got += len(part)
        if got > most:
            raise _too_large(most)
        yield part
    if got < length:
        raise ParseError(f"The body ended after {got} of {length} bytes.")


def _length(request: HttpRequest) -> int:
    """0 for a body in chunks, and where there is none."""
    length = request.META.get("CONTENT_LENGTH", "")
    return int(length) if length.isdecimal() else 0


def _stream(request: HttpRequest) -> Any:
    """Django takes a request without a length for one without a body; a server that ends a body in chunks by itself
    says so."""
    return request.META["wsgi.input"] if request.META.get("wsgi.input_terminated") else request


def _plain(parts: Parts) -> Parts:
    return parts


def _inflated(parts: Parts) -> Parts:
    """One gzip member after the other, never more than a step at once."""
    member = zlib.decompressobj(GZIP)
    for part in parts:
        more = False
        while part or more:
            if member.eof:
                member = zlib.decompressobj(GZIP)
            piece = member.decompress(part, STEP)
            yield piece
            part = member.unused_data or member.unconsumed_tail
            more = len(piece) == STEP and not member.eof
    if not member.eof:
        raise ParseError("The gzip body is incomplete.")


DECODERS = {"identity": _plain, "": _plain, "gzip": _inflated, "x-gzip": _inflated}


def _too_large(most: int) -> TooLarge:
    return TooLarge(f"The body must not be larger than {most} bytes, compressed or not; nothing was loaded.")
