"""Bodies as they come over the wire."""

import socket

import pytest

from tests.hostile.conftest import Target
from tests.hostile.test_wire import head
from tests.server import HOST


class TestBodies:
    """Bodies that the server collects before a view sees the request."""

    form = "POST /admin/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"

    @pytest.mark.parametrize("size", [0, 1, 5000, 64 * 1024])
    def test_a_form_may_have_64_kilobytes(self, target: Target, size: int) -> None:
        answers = target.send(f"{self.form}Content-Length: {size}\r\n\r\n".encode() + b"x" * size + self.again)
        assert [answer.status for answer in answers] == [403, 200]

    @pytest.mark.parametrize("size", [0, 1, 5000, 60 * 1024])
    def test_it_may_come_in_chunks(self, target: Target, size: int) -> None:
        chunks = b"".join(b"3E8;a=b\r\n" + b"x" * 1000 + b"\r\n" for _ in range(size // 1000))
        sent = f"{self.form}Transfer-Encoding: chunked\r\n\r\n".encode() + chunks + b"0\r\nX: y\r\n\r\n" + self.again
        assert [answer.status for answer in target.send(sent)] == [403, 200]

    @pytest.mark.parametrize("chunk", [b"zz\r\n", b"-1\r\n", b"1\r\nxy\r\n0\r\n\r\n", b"\r\n", b"1 1\r\n", b"1" * 9000])
    def test_chunks_that_are_malformed_end_the_connection(self, target: Target, chunk: bytes) -> None:
        answers = target.send(f"{self.form}Transfer-Encoding: chunked\r\n\r\n".encode() + chunk + self.again)
        assert [answer.status for answer in answers] == [400]

    def test_chunks_that_are_too_many_are_refused(self, target: Target) -> None:
        chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
        answers = target.send(f"{self.form}Transfer-Encoding: chunked\r\n\r\n".encode() + 2 * chunk)
        assert [answer.status for answer in answers] == [413]

    def test_who_waits_for_leave_to_send_is_told_to(self, target: Target) -> None:
        with socket.create_connection((HOST, target.server.port), timeout=30) as connection:
            connection.sendall(f"{self.form}Content-Length: 3\r\nExpect: 100-continue\r\n\r\n".encode())
            with connection.makefile("rb") as stream:
                assert stream.readline() == b"HTTP/1.1 100 Continue\r\n"
                assert stream.readline() == b"\r\n"
                connection.sendall(b"x=1")
                assert stream.readline() == b"HTTP/1.1 403 Forbidden\r\n"

    def test_requests_in_a_row_are_answered_in_a_row(self, target: Target) -> None:
        form = f"{self.form}Content-Length: 3\r\n\r\nx=1".encode()
        upload = head(
            "/api/v1/ingest", "Host: 127.0.0.1", f"X-API-Key: {target.key}", "Content-Length: 0", method="POST"
        )
        answers = target.send(3 * (form + self.again) + upload + self.again)
        assert [answer.status for answer in answers] == [403, 200] * 3 + [415, 200]

    def test_an_upload_that_is_refused_unread_ends_its_connection(self, target: Target) -> None:
        upload = head("/api/v1/ingest", "Host: 127.0.0.1", "Content-Length: 100000", method="POST")
        (answer,) = target.send(upload + b"x" * 100_000 + self.again)
        assert (answer.status, answer.headers["connection"]) == (401, "close")

    again = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
