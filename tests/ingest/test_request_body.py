"""Reading of request bodies: sizes, encodings, errors, deadlines and memory."""

import gzip
import socket
import tracemalloc
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from threading import Event
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import ParseError, UnsupportedMediaType

from smsreports.exceptions import RequestTooLarge
from smsreports.ingest import request_body
from smsreports.ingest.request_body import CHUNK_BYTES, buffer_body, read_body
from tests.waiting import SOON

MEDIA_TYPE = "application/x-ndjson"
MAX_BYTES = 4 * CHUNK_BYTES
# Sent one byte every 1/50 s, they last longer than a test waits.
MANY_BYTES = 50 * SOON


def make_request(content: bytes, coding: str = "", media_type: str = MEDIA_TYPE, length: int | None = None) -> Any:
    headers = {"Content-Type": media_type} | ({"Content-Encoding": coding} if coding else {})
    request = RequestFactory().generic("POST", "/", content, headers=headers)
    if length is not None:
        request.META["CONTENT_LENGTH"] = str(length)
    return request


@given(st.lists(st.binary(max_size=2 * CHUNK_BYTES), max_size=3))
def test_a_gzip_body_of_any_number_of_members_equals_the_plain_body(parts: list[bytes]) -> None:
    whole = b"".join(parts)
    compressed = b"".join(gzip.compress(part, mtime=0) for part in parts) or gzip.compress(b"", mtime=0)
    if len(whole) <= MAX_BYTES and len(compressed) <= MAX_BYTES:
        assert (
            read_body(make_request(whole), MEDIA_TYPE, MAX_BYTES)
            == read_body(make_request(compressed, "gzip"), MEDIA_TYPE, MAX_BYTES)
            == whole
        )


@pytest.mark.parametrize("size", [CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, MAX_BYTES])
def test_a_body_is_complete_at_chunk_boundaries(size: int) -> None:
    whole = b"a" * size
    assert read_body(make_request(gzip.compress(whole, mtime=0), "gzip"), MEDIA_TYPE, MAX_BYTES) == whole
    assert read_body(make_request(whole), MEDIA_TYPE, MAX_BYTES) == whole


@pytest.mark.parametrize("coding", ["", "gzip"])
def test_one_byte_over_the_limit_is_too_large(coding: str) -> None:
    whole = b"a" * (MAX_BYTES + 1)
    with pytest.raises(RequestTooLarge, match=str(MAX_BYTES)):
        read_body(make_request(gzip.compress(whole, mtime=0) if coding else whole, coding), MEDIA_TYPE, MAX_BYTES)


def test_a_body_too_large_when_compressed_is_not_decompressed() -> None:
    with pytest.raises(RequestTooLarge):
        read_body(make_request(gzip.compress(b"", mtime=0) * (MAX_BYTES // 20 + 1), "gzip"), MEDIA_TYPE, MAX_BYTES)


def test_a_decompression_bomb_is_stopped_in_bounded_memory() -> None:
    """Read 128 MB of zeros, compressed to 128 KB."""
    request = make_request(gzip.compress(bytes(2**27)), "gzip")
    tracemalloc.start()
    with pytest.raises(RequestTooLarge):
        read_body(request, MEDIA_TYPE, 16 * MAX_BYTES)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * 16 * MAX_BYTES


@pytest.mark.parametrize("cut", [1, 8, 9, 20])
def test_a_truncated_gzip_body_is_rejected(cut: int) -> None:
    with pytest.raises(ParseError, match="incomplete"):
        read_body(make_request(gzip.compress(b"one\ntwo\n", mtime=0)[:-cut], "gzip"), MEDIA_TYPE, MAX_BYTES)


@pytest.mark.parametrize(
    "compressed",
    [
        b"",
        b"no gzip",
        zlib.compress(b"one\n"),
        gzip.compress(b"one\n", mtime=0) + b"rest",
        gzip.compress(b"a" * 99, mtime=0)[:-8] + b"!" * 8,
    ],
)
def test_a_damaged_gzip_body_is_rejected(compressed: bytes) -> None:
    with pytest.raises(ParseError):
        read_body(make_request(compressed, "gzip"), MEDIA_TYPE, MAX_BYTES)


def test_a_body_shorter_than_its_content_length_is_rejected() -> None:
    with pytest.raises(ParseError, match="after 4 of 5 bytes"):
        read_body(make_request(b"one\n", length=5), MEDIA_TYPE, MAX_BYTES)


def test_a_content_length_over_the_limit_is_rejected_before_reading() -> None:
    request = make_request(b"one\n", length=MAX_BYTES + 1)
    with pytest.raises(RequestTooLarge):
        read_body(request, MEDIA_TYPE, MAX_BYTES)
    assert request.read() == b"one\n"


@pytest.mark.parametrize("coding", ["br", "deflate", "gzip, gzip", "zstd", "chunked"])
def test_another_encoding_is_rejected(coding: str) -> None:
    with pytest.raises(UnsupportedMediaType, match="gzip"):
        read_body(make_request(b"one\n", coding), MEDIA_TYPE, MAX_BYTES)


@pytest.mark.parametrize("media_type", ["application/json", "text/plain", "", f"{MEDIA_TYPE}; charset=latin-1"])
def test_another_media_type_is_rejected(media_type: str) -> None:
    with pytest.raises(UnsupportedMediaType, match=MEDIA_TYPE):
        read_body(make_request(b"one\n", media_type=media_type), MEDIA_TYPE, MAX_BYTES)


@pytest.mark.parametrize("media_type", [f"{MEDIA_TYPE}; charset=UTF-8", "Application/X-NDJSON"])
def test_a_media_type_may_have_any_case_and_a_charset(media_type: str) -> None:
    assert read_body(make_request(b"one\n", media_type=media_type), MEDIA_TYPE, MAX_BYTES) == b"one\n"


@given(st.binary(max_size=MAX_BYTES), st.sampled_from(["", "gzip"]))
def test_a_buffered_body_can_be_read_afterwards(whole: bytes, coding: str) -> None:
    request = make_request(gzip.compress(whole, mtime=0) if coding else whole, coding)
    assert buffer_body(request, MAX_BYTES + CHUNK_BYTES) == (gzip.compress(whole, mtime=0) if coding else whole)
    assert read_body(request, MEDIA_TYPE, MAX_BYTES) == whole


def test_a_buffered_body_is_in_memory_once() -> None:
    request = make_request(b"a" * 64 * MAX_BYTES)
    tracemalloc.start()
    body = buffer_body(request, 64 * MAX_BYTES)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(body) == 64 * MAX_BYTES
    assert peak < 1.5 * len(body)


@pytest.mark.parametrize(
    ("length", "error"), [(3 * CHUNK_BYTES, ParseError), (MAX_BYTES + 1, RequestTooLarge), (None, RequestTooLarge)]
)
def test_a_truncated_or_too_large_body_is_not_buffered(length: int | None, error: type[Exception]) -> None:
    whole = b"a" * (2 * CHUNK_BYTES if length else MAX_BYTES + 1)
    with pytest.raises(error):
        buffer_body(make_request(whole, length=length), MAX_BYTES)


@contextmanager
def trickling_request() -> Iterator[HttpRequest]:
    """Yield a request whose body arrives byte by byte for longer than a test lasts, with the server's socket."""
    ours, theirs = socket.socketpair()
    request = make_request(b"", length=MAX_BYTES)
    stream = ours.makefile("rb")
    request.META |= {"gunicorn.socket": ours, "wsgi.input": stream, "wsgi.input_terminated": True}

    read_enough = Event()

    def trickle() -> int:
        """Send until the reader has enough, and return how many bytes were left then."""
        with suppress(OSError), closing(theirs):
            for left in range(MANY_BYTES, 0, -1):
                if read_enough.wait(0.02):
                    return left
                theirs.sendall(b"a")
            return 0
        return left

    with ThreadPoolExecutor(1) as sender, closing(ours), closing(stream):
        trickling = sender.submit(trickle)
        yield request
        read_enough.set()
        assert trickling.result() > 0


def test_a_slow_body_is_rejected_after_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_body, "MAX_READ_SECONDS", 0.5)
    with trickling_request() as request, pytest.raises(ParseError, match=r"after \d+ of"):
        read_body(request, MEDIA_TYPE, MAX_BYTES)


def test_draining_a_slow_body_ends_after_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_body, "MAX_DRAIN_SECONDS", 0.5)
    with trickling_request() as request:
        request_body.drain_body(request, MAX_BYTES)


def test_draining_reads_no_more_than_its_limit() -> None:
    request = make_request(b"a" * 5 * CHUNK_BYTES)
    request_body.drain_body(request, 2 * CHUNK_BYTES)
    assert len(request.read()) == 3 * CHUNK_BYTES
