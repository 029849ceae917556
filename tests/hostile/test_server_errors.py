"""Errors that the server finds by itself, and headers that would change its mind about a request."""

import pytest

from tests.hostile.conftest import SHAPES, Answer, Target

LISTS = ("/api/v1/sms/messages", "/api/sms/messages")


def assert_no_server_page(answer: Answer) -> None:
    """gunicorn's own pages name the error in a heading."""
    assert b"<h1><p>" not in answer.body


class TestServerErrors:
    """Errors that the server finds before any view, in the shape of the dialect whose prefix the path has."""

    @pytest.mark.parametrize(
        ("status", "start"),
        [
            (414, "GET {}?x=" + "a" * 9000 + " HTTP/1.1"),
            (414, "GET {}?x=" + "a" * 200_000 + " HTTP/1.1"),
            (431, "GET {} HTTP/1.1\r\nX: " + "a" * 9000),
            (431, "GET {} HTTP/1.1" + "\r\nX: 1" * 200),
            (431, "GET {} HTTP/1.1" + "".join(f"\r\nX-{number}: {'a' * 1000}" for number in range(90))),
            (400, "GET {} HTTP/1.1\r\nno colon"),
            (400, "GET {}/\xff HTTP/1.1"),
            (400, "GET {}\tHTTP/1.1"),
            (400, "GET {}"),
            (400, "GET {} HTTP/1.1 x"),
            (400, "GET {} HTTP/9.9"),
            (400, "GET {} HTTP/1.1\nX: 1"),
            (400, "GET {}\rX: 1 HTTP/1.1"),
            (400, "get {} HTTP/1.1"),
            (400, "GET {} HTTP/1.1\r\nX: a\r\n b"),
            (400, "GET {} HTTP/1.1\r\nTransfer-Encoding: gzip"),
            (400, "GET {} HTTP/1.1\r\nContent-Length: x"),
            (417, "GET {} HTTP/1.1\r\nExpect: a miracle"),
            (501, "POST {} HTTP/1.1\r\nTransfer-Encoding: x"),
            (413, "POST {} HTTP/1.1\r\nContent-Length: 65537"),
            (413, "POST {} HTTP/1.1\r\nContent-Length: 65537\r\nExpect: 100-continue"),
        ],
    )
    @pytest.mark.parametrize("path", [*LISTS, "/api/v1/nowhere", "/api/sms/nowhere"])
    def test_it_is_told_in_the_dialects_shape(self, target: Target, path: str, status: int, start: str) -> None:
        (answer,) = target.send(start.format(path).encode("latin-1") + b"\r\n\r\n")
        assert answer.status == status
        assert answer.headers["connection"] == "close"
        assert answer.headers["x-request-id"]
        assert_no_server_page(answer)
        assert answer.of_dialect
        (keys,) = (keys for prefix, keys in SHAPES.items() if path.startswith(prefix))
        assert list(answer.json()) == keys
        assert "INTERNAL_ERROR" not in answer.json().values()

    @pytest.mark.parametrize(
        "start", ["GET /reports/\xff HTTP/1.1", "\x16\x03\x01\n", "GET\n", "\r\n\r\n", "GET http://api/v1/x y"]
    )
    def test_elsewhere_it_is_a_page(self, target: Target, start: str) -> None:
        (answer,) = target.send(start.encode("latin-1") + b"\r\n\r\n")
        assert answer.status == 400
        assert answer.headers["content-type"].startswith("text/html")
        assert_no_server_page(answer)

    def test_a_head_request_gets_no_body(self, target: Target) -> None:
        (answer,) = target.send(b"HEAD /api/v1/sms/messages HTTP/1.1\r\nno colon\r\n\r\n")
        assert (answer.status, answer.body) == (400, b"")

    @pytest.mark.parametrize("name", ["SCRIPT_NAME", "PATH_INFO", "REMOTE_USER", "REMOTE_ADDR", "X_FORWARDED_FOR"])
    def test_no_header_sets_the_servers_variables(self, target: Target, name: str) -> None:
        """From loopback, where gunicorn believes proxies by default."""
        path = f"{LISTS[0]}?to=9999-12-31"
        plain = target.ask(path)
        for value in ("/api", "/api/v1/sms/messages", "/admin"):
            answer = target.ask(path, head=f"{name}: {value}\r\n".encode())
            assert (answer.status, answer.body) == (200, plain.body)
            assert answer.headers["link"] == plain.headers["link"]

    @pytest.mark.parametrize("name", ["X-Forwarded-Proto", "X-Forwarded-Protocol", "X-Forwarded-Ssl"])
    def test_no_header_changes_the_scheme(self, target: Target, name: str) -> None:
        for value in ("https", "ssl", "on"):
            answer = target.ask(f"{LISTS[0]}?to=9999-12-31", head=f"{name}: {value}\r\n".encode())
            assert answer.status == 200
            assert "https://" not in answer.headers["link"]
