"""A request's body: what is read, what is refused, and how much is held at once."""

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

KIND = "application/x-ndjson"
MOST = 4 * CHUNK_BYTES
# A byte every fiftieth of a second: more than a test waits for.
MANY_BYTES = 50 * SOON


def sent(content: bytes, coding: str = "", kind: str = KIND, length: int | None = None) -> Any:
    headers = {"Content-Type": kind} | ({"Content-Encoding": coding} if coding else {})
    request = RequestFactory().generic("POST", "/", content, headers=headers)
    if length is not None:
        request.META["CONTENT_LENGTH"] = str(length)
    return request


@given(st.lists(st.binary(max_size=2 * CHUNK_BYTES), max_size=3))
def test_it_is_the_same_packed_and_unpacked_in_as_many_members_as_it_came(parts: list[bytes]) -> None:
    whole = b"".join(parts)
    packed = b"".join(gzip.compress(part, mtime=0) for part in parts) or gzip.compress(b"", mtime=0)
    if len(whole) <= MOST and len(packed) <= MOST:
        assert read_body(sent(whole), KIND, MOST) == read_body(sent(packed, "gzip"), KIND, MOST) == whole


@pytest.mark.parametrize("size", [CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, MOST])
def test_it_is_whole_at_the_edges_of_a_step(size: int) -> None:
    whole = b"a" * size
    assert read_body(sent(gzip.compress(whole, mtime=0), "gzip"), KIND, MOST) == whole
    assert read_body(sent(whole), KIND, MOST) == whole


@pytest.mark.parametrize("coding", ["", "gzip"])
def test_one_byte_too_many_is_too_large(coding: str) -> None:
    whole = b"a" * (MOST + 1)
    with pytest.raises(RequestTooLarge, match=str(MOST)):
        read_body(sent(gzip.compress(whole, mtime=0) if coding else whole, coding), KIND, MOST)


def test_what_is_too_large_while_packed_is_not_unpacked() -> None:
    with pytest.raises(RequestTooLarge):
        read_body(sent(gzip.compress(b"", mtime=0) * (MOST // 20 + 1), "gzip"), KIND, MOST)


def test_a_bomb_is_stopped_while_it_goes_off() -> None:
    """128 MB of zeros, 128 KB packed."""
    request = sent(gzip.compress(bytes(2**27)), "gzip")
    tracemalloc.start()
    with pytest.raises(RequestTooLarge):
        read_body(request, KIND, 16 * MOST)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * 16 * MOST


@pytest.mark.parametrize("cut", [1, 8, 9, 20])
def test_a_packed_body_that_is_cut_is_refused(cut: int) -> None:
    with pytest.raises(ParseError, match="incomplete"):
        read_body(sent(gzip.compress(b"one\ntwo\n", mtime=0)[:-cut], "gzip"), KIND, MOST)


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"no gzip",
        zlib.compress(b"one\n"),
        gzip.compress(b"one\n", mtime=0) + b"rest",
        gzip.compress(b"a" * 99, mtime=0)[:-8] + b"!" * 8,
    ],
)
def test_a_packed_body_that_is_damaged_is_refused(packed: bytes) -> None:
    with pytest.raises(ParseError):
        read_body(sent(packed, "gzip"), KIND, MOST)


def test_a_body_shorter_than_its_length_is_refused() -> None:
    with pytest.raises(ParseError, match="after 4 of 5 bytes"):
        read_body(sent(b"one\n", length=5), KIND, MOST)


def test_a_length_that_is_too_large_is_refused_before_a_byte_is_read() -> None:
    request = sent(b"one\n", length=MOST + 1)
    with pytest.raises(RequestTooLarge):
        read_body(request, KIND, MOST)
    assert request.read() == b"one\n"


@pytest.mark.parametrize("coding", ["br", "deflate", "gzip, gzip", "zstd", "chunked"])
def test_another_encoding_is_refused(coding: str) -> None:
    with pytest.raises(UnsupportedMediaType, match="gzip"):
        read_body(sent(b"one\n", coding), KIND, MOST)


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "", f"{KIND}; charset=latin-1"])
def test_another_type_is_refused(kind: str) -> None:
    with pytest.raises(UnsupportedMediaType, match=KIND):
        read_body(sent(b"one\n", kind=kind), KIND, MOST)


@pytest.mark.parametrize("kind", [f"{KIND}; charset=UTF-8", "Application/X-NDJSON"])
def test_a_type_may_be_written_in_any_case_and_name_its_charset(kind: str) -> None:
    assert read_body(sent(b"one\n", kind=kind), KIND, MOST) == b"one\n"


@given(st.binary(max_size=MOST), st.sampled_from(["", "gzip"]))
def test_a_body_that_is_kept_as_it_was_sent_is_read_as_ever(whole: bytes, coding: str) -> None:
    request = sent(gzip.compress(whole, mtime=0) if coding else whole, coding)
    assert buffer_body(request, MOST + CHUNK_BYTES) == (gzip.compress(whole, mtime=0) if coding else whole)
    assert read_body(request, KIND, MOST) == whole


def test_a_body_that_is_kept_is_held_once() -> None:
    request = sent(b"a" * 64 * MOST)
    tracemalloc.start()
    kept = buffer_body(request, 64 * MOST)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(kept) == 64 * MOST
    assert peak < 1.5 * len(kept)


@pytest.mark.parametrize(
    ("length", "fault"), [(3 * CHUNK_BYTES, ParseError), (MOST + 1, RequestTooLarge), (None, RequestTooLarge)]
)
def test_a_body_that_cannot_be_kept_is_refused(length: int | None, fault: type[Exception]) -> None:
    whole = b"a" * (2 * CHUNK_BYTES if length else MOST + 1)
    with pytest.raises(fault):
        buffer_body(sent(whole, length=length), MOST)


@contextmanager
def trickled() -> Iterator[HttpRequest]:
    """A request whose body comes byte by byte, for longer than a test lasts, at a server that gives us its socket."""
    ours, theirs = socket.socketpair()
    request = sent(b"", length=MOST)
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


def test_a_body_that_trickles_in_ends_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_body, "MAX_READ_SECONDS", 0.5)
    with trickled() as request, pytest.raises(ParseError, match=r"after \d+ of"):
        read_body(request, KIND, MOST)


def test_the_rest_of_a_body_is_taken_in_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_body, "MAX_DRAIN_SECONDS", 0.5)
    with trickled() as request:
        request_body.drain_body(request, MOST)


def test_no_more_of_the_rest_is_taken_in_than_said() -> None:
    request = sent(b"a" * 5 * CHUNK_BYTES)
    request_body.drain_body(request, 2 * CHUNK_BYTES)
    assert len(request.read()) == 3 * CHUNK_BYTES
