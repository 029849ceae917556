"""Parsing of a connection's requests, whose bytes may arrive in pieces of any size."""

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
# Sizes of the pieces that arrive.
PIECE_SIZES = st.lists(st.integers(1, 60), min_size=1, max_size=40)


def build_get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


def build_post(path: str, body: bytes) -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def build_chunked_post(path: str, parts: list[bytes], trailer: bytes) -> bytes:
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts if part)
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    return head + chunks + b"0\r\n" + trailer + b"\r\n"


REQUESTS = st.one_of(
    PATHS.map(build_get),
    st.builds(build_post, PATHS, BODIES),
    st.builds(build_chunked_post, PATHS, st.lists(BODIES, max_size=4), st.sampled_from([b"", b"X: y\r\n"])),
    st.binary(min_size=1, max_size=60).map(lambda junk: junk + b"\r\n\r\n"),
)


def read_with_gunicorn(data: bytes) -> list[Any]:
    """Return the requests that gunicorn reads from all bytes at once, up to the first error."""
    requests: list[Any] = []
    try:
        for request in RequestParser(CFG, iter([data]), CLIENT):
            body = request.body.read()
            if len(body) < int(dict(request.headers).get("CONTENT-LENGTH", 0)):
                break
            requests.append((request.method, request.uri, body))
    except ParseException:
        requests.append("refused")
    except OSError:  # the bytes end in the middle of a request
        pass
    return requests


def read_with_connection(data: bytes, sizes: list[int]) -> list[Any]:
    server_end, client_end = socket.socketpair()
    with client_end, ClientSocket(server_end) as sock:
        conn, requests = Connection(CFG, sock, CLIENT, CLIENT), list[Any]()
        for piece in (*split_bytes(data, sizes), b""):
            if piece:
                client_end.sendall(piece)
            else:
                client_end.shutdown(socket.SHUT_WR)
            sock.fill()
            while (progress := conn.advance()) is Progress.READY:
                if conn.refusal:
                    return [*requests, "refused"]
                request = conn.request
                assert request is not None
                requests.append((request.method, request.uri, request.body.read()))
                if request.should_close() or not conn.finish_body():
                    return requests
                conn.next_request()
            if progress is Progress.GONE:
                break
        return requests


def split_bytes(data: bytes, sizes: list[int]) -> list[bytes]:
    parts: list[bytes] = []
    position = 0
    while position < len(data):
        size = sizes[len(parts) % len(sizes)]
        parts.append(data[position : position + size])
        position += size
    return parts


@settings(deadline=None)
@given(st.lists(REQUESTS, max_size=4), PIECE_SIZES)
def test_requests_do_not_depend_on_how_their_bytes_are_split(requests: list[bytes], sizes: list[int]) -> None:
    data = b"".join(requests)
    assert read_with_connection(data, sizes) == read_with_gunicorn(data)


@settings(deadline=None)
@given(st.lists(REQUESTS, min_size=1, max_size=2), PIECE_SIZES, st.integers(1, 300))
def test_truncated_requests_are_not_treated_as_complete(requests: list[bytes], sizes: list[int], cut: int) -> None:
    data = b"".join(requests)[:-cut]
    assert [request for request in read_with_connection(data, sizes) if request != "refused"] == [
        request for request in read_with_gunicorn(data) if request != "refused"
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
def test_an_endless_request_is_refused_before_it_fills_the_memory(start: bytes) -> None:
    server_end, client_end = socket.socketpair()
    with client_end, ClientSocket(server_end) as sock:
        conn, data = Connection(CFG, sock, CLIENT, CLIENT), start
        while conn.advance() is Progress.WAITS:
            client_end.sendall(data)
            sock.fill()
            data = b"1" * 1000
            assert len(sock.received) <= 2 * READ_BYTES
        assert conn.refusal is not None
