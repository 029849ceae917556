"""A request's body in bounded memory, however it comes: with a length or in chunks, plain or gzip."""

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.http import HttpRequest
from gunicorn.http.errors import ParseException
from rest_framework.exceptions import APIException, ParseError, UnsupportedMediaType

from smsreports.api.errors import TooLarge

# Bytes taken in, and inflated, at once: what a bomb of any size holds of our memory.
STEP = 64 * 1024
# Seconds without a byte after which a body is given up: its sender holds a thread and a place.
SILENCE = 10
# To zlib: a gzip header and trailer, and the largest window.
GZIP = 16 + zlib.MAX_WBITS
Parts = Iterator[bytes]


def read(request: HttpRequest, kind: str, most: int) -> bytes:
    """The whole body, of media type `kind`. Raises UnsupportedMediaType; TooLarge for more than `most` bytes, packed
    or unpacked; ParseError for one that is cut or damaged."""
    _check_type(request, kind)
    decoded = _decoder(request)
    body = bytearray()
    with _listening(request):
        for part in decoded(_received(request, most)):
            body += part
            if len(body) > most:
                raise _too_large(most)
    return bytes(body)


def _check_type(request: HttpRequest, kind: str) -> None:
    charset = (request.content_params or {}).get("charset", "utf-8")
    if request.content_type != kind or charset.lower() != "utf-8":
        raise UnsupportedMediaType("", f"The body must be {kind} in UTF-8, and its Content-Type must say so.")


def _decoder(request: HttpRequest) -> Callable[[Parts], Parts]:
    coding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in DECODERS:
        raise UnsupportedMediaType("", "Content-Encoding: must be gzip, or left out.")
    return DECODERS[coding]


@contextmanager
def _listening(request: HttpRequest) -> Iterator[None]:
    """Bounds a sender's silence where the server lets us; tells what fails on the way."""
    sock = request.META.get("gunicorn.socket")
    before = sock.gettimeout() if sock else None
    try:
        if sock:
            sock.settimeout(SILENCE)
        yield
    except APIException:
        raise
    except (OSError, ParseException, zlib.error):
        raise ParseError("The body is cut or damaged.") from None
    finally:
        if sock:
            sock.settimeout(before)


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
        raise ParseError("The gzip body is cut.")


DECODERS = {"identity": _plain, "": _plain, "gzip": _inflated, "x-gzip": _inflated}


def _too_large(most: int) -> TooLarge:
    return TooLarge(f"The body must not be larger than {most} bytes, packed or unpacked; nothing was loaded.")
