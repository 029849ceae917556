"""A connection's requests are the same, however their bytes are cut on the way."""

import socket
from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.http.errors import ParseException
from gunicorn.http.parser import RequestParser
from hypothesis import given, settings
from hypothesis import strategies as st

from smsreports.serving.client_socket import READ_BYTES, ClientSocket
from smsreports.serving.connection import Connection, Progress

CFG = Config()
CLIENT = ("127.0.0.1", 1)
PATHS = st.sampled_from(["/", "/admin/login/", "/api/v1/sms/messages?x=1"])
BODIES = st.binary(max_size=200)
# How many bytes come at once.
CUTS = st.lists(st.integers(1, 60), min_size=1, max_size=40)


def plain(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


def sized(path: str, body: bytes) -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def chunked(path: str, parts: list[bytes], trailer: bytes) -> bytes:
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts if part)
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    return head + chunks + b"0\r\n" + trailer + b"\r\n"


REQUESTS = st.one_of(
    PATHS.map(plain),
    st.builds(sized, PATHS, BODIES),
    st.builds(chunked, PATHS, st.lists(BODIES, max_size=4), st.sampled_from([b"", b"X: y\r\n"])),
    st.binary(min_size=1, max_size=60).map(lambda junk: junk + b"\r\n\r\n"),
)


def model(sent: bytes) -> list[Any]:
    """What gunicorn reads when everything is there at once, to the first error."""
    found: list[Any] = []
    try:
        for request in RequestParser(CFG, iter([sent]), CLIENT):
            body = request.body.read()
            if len(body) < int(dict(request.headers).get("CONTENT-LENGTH", 0)):
                break
            found.append((request.method, request.uri, body))
    except ParseException:
        found.append("refused")
    except OSError:  # the bytes end in the middle of a request
        pass
    return found


def received(sent: bytes, cuts: list[int]) -> list[Any]:
    ours, theirs = socket.socketpair()
    with theirs, ClientSocket(ours) as sock:
        conn, found = Connection(CFG, sock, CLIENT, CLIENT), list[Any]()
        for piece in (*pieces(sent, cuts), b""):
            if piece:
                theirs.sendall(piece)
            else:
                theirs.shutdown(socket.SHUT_WR)
            sock.fill()
            while (progress := conn.advance()) is Progress.READY:
                if conn.refusal:
                    return [*found, "refused"]
                request = conn.request
                assert request is not None
                found.append((request.method, request.uri, request.body.read()))
                if request.should_close() or not conn.finish_body():
                    return found
                conn.next_request()
            if progress is Progress.GONE:
                break
        return found


def pieces(sent: bytes, cuts: list[int]) -> list[bytes]:
    found: list[bytes] = []
    at = 0
    while at < len(sent):
        size = cuts[len(found) % len(cuts)]
        found.append(sent[at : at + size])
        at += size
    return found


@settings(deadline=None)
@given(st.lists(REQUESTS, max_size=4), CUTS)
def test_requests_do_not_depend_on_how_they_are_cut(requests: list[bytes], cuts: list[int]) -> None:
    sent = b"".join(requests)
    assert received(sent, cuts) == model(sent)


@settings(deadline=None)
@given(st.lists(REQUESTS, min_size=1, max_size=2), CUTS, st.integers(1, 300))
def test_requests_that_are_cut_off_are_not_taken_for_whole(requests: list[bytes], cuts: list[int], cut: int) -> None:
    sent = b"".join(requests)[:-cut]
    assert [each for each in received(sent, cuts) if each != "refused"] == [
        each for each in model(sent) if each != "refused"
    ]


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(b"", id="request line"),
        pytest.param(b"GET / HTTP/1.1\r\nX: ", id="headers"),
        pytest.param(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFF\r\n", id="chunk"),
        pytest.param(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", id="size of a chunk"),
        pytest.param(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", id="trailer"),
    ],
)
def test_what_never_ends_is_refused_before_it_fills_the_memory(start: bytes) -> None:
    ours, theirs = socket.socketpair()
    with theirs, ClientSocket(ours) as sock:
        conn, sent = Connection(CFG, sock, CLIENT, CLIENT), start
        while conn.advance() is Progress.WAITS:
            theirs.sendall(sent)
            sock.fill()
            sent = b"1" * 1000
            assert len(sock.received) <= 2 * READ_BYTES
        assert conn.refusal is not None
