"""Request bodies on the wire."""

import socket

import pytest

from tests.hostile.conftest import Target
from tests.hostile.test_wire import build_head
from tests.server import HOST


class TestBodies:
    """Bodies that the server reads before a view gets the request."""

    form = "POST /admin/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"

    @pytest.mark.parametrize("size", [0, 1, 5000, 64 * 1024])
    def test_a_form_may_have_64_kilobytes(self, target: Target, size: int) -> None:
        responses = target.send(f"{self.form}Content-Length: {size}\r\n\r\n".encode() + b"x" * size + self.next_request)
        assert [response.status for response in responses] == [403, 200]

    @pytest.mark.parametrize("size", [0, 1, 5000, 60 * 1024])
    def test_a_form_may_be_chunked(self, target: Target, size: int) -> None:
        chunks = b"".join(b"3E8;a=b\r\n" + b"x" * 1000 + b"\r\n" for _ in range(size // 1000))
        sent = (
            f"{self.form}Transfer-Encoding: chunked\r\n\r\n".encode()
            + chunks
            + b"0\r\nX: y\r\n\r\n"
            + self.next_request
        )
        assert [response.status for response in target.send(sent)] == [403, 200]

    @pytest.mark.parametrize("chunk", [b"zz\r\n", b"-1\r\n", b"1\r\nxy\r\n0\r\n\r\n", b"\r\n", b"1 1\r\n", b"1" * 9000])
    def test_malformed_chunks_end_the_connection(self, target: Target, chunk: bytes) -> None:
        responses = target.send(f"{self.form}Transfer-Encoding: chunked\r\n\r\n".encode() + chunk + self.next_request)
        assert [response.status for response in responses] == [400]

    def test_too_many_chunks_are_rejected(self, target: Target) -> None:
        chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
        responses = target.send(f"{self.form}Transfer-Encoding: chunked\r\n\r\n".encode() + 2 * chunk)
        assert [response.status for response in responses] == [413]

    def test_expect_100_continue_gets_an_interim_response(self, target: Target) -> None:
        with socket.create_connection((HOST, target.server.port), timeout=30) as connection:
            connection.sendall(f"{self.form}Content-Length: 3\r\nExpect: 100-continue\r\n\r\n".encode())
            with connection.makefile("rb") as stream:
                assert stream.readline() == b"HTTP/1.1 100 Continue\r\n"
                assert stream.readline() == b"\r\n"
                connection.sendall(b"x=1")
                assert stream.readline() == b"HTTP/1.1 403 Forbidden\r\n"

    def test_pipelined_requests_are_answered_in_order(self, target: Target) -> None:
        form = f"{self.form}Content-Length: 3\r\n\r\nx=1".encode()
        upload = build_head(
            "/api/v1/ingest", "Host: 127.0.0.1", f"X-API-Key: {target.key}", "Content-Length: 0", method="POST"
        )
        responses = target.send(3 * (form + self.next_request) + upload + self.next_request)
        assert [response.status for response in responses] == [403, 200] * 3 + [415, 200]

    def test_an_unread_upload_ends_the_connection(self, target: Target) -> None:
        upload = build_head("/api/v1/ingest", "Host: 127.0.0.1", "Content-Length: 100000", method="POST")
        (response,) = target.send(upload + b"x" * 100_000 + self.next_request)
        assert (response.status, response.headers["connection"]) == (401, "close")

    next_request = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
