"""Errors that the server itself detects, and headers that must not change a request."""

import pytest

from tests.hostile.conftest import ERROR_KEYS, RawResponse, Target

LISTS = ("/api/v1/sms/messages", "/api/sms/messages")


def assert_no_server_page(response: RawResponse) -> None:
    """Check that this is none of gunicorn's own pages, which have the error in a heading."""
    assert b"<h1><p>" not in response.body


class TestServerErrors:
    """Errors that the server detects before any view, in the shape of the dialect with the path's prefix."""

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
    def test_it_has_the_shape_of_the_dialect(self, target: Target, path: str, status: int, start: str) -> None:
        (response,) = target.send(start.format(path).encode("latin-1") + b"\r\n\r\n")
        assert response.status == status
        assert response.headers["connection"] == "close"
        assert response.headers["x-request-id"]
        assert_no_server_page(response)
        assert response.is_json
        (keys,) = (keys for prefix, keys in ERROR_KEYS.items() if path.startswith(prefix))
        assert list(response.json()) == keys
        assert "INTERNAL_ERROR" not in response.json().values()

    @pytest.mark.parametrize(
        "start", ["GET /reports/\xff HTTP/1.1", "\x16\x03\x01\n", "GET\n", "\r\n\r\n", "GET http://api/v1/x y"]
    )
    def test_it_is_an_html_page_outside_the_dialects(self, target: Target, start: str) -> None:
        (response,) = target.send(start.encode("latin-1") + b"\r\n\r\n")
        assert response.status == 400
        assert response.headers["content-type"].startswith("text/html")
        assert_no_server_page(response)

    def test_a_head_request_gets_no_body(self, target: Target) -> None:
        (response,) = target.send(b"HEAD /api/v1/sms/messages HTTP/1.1\r\nno colon\r\n\r\n")
        assert (response.status, response.body) == (400, b"")

    @pytest.mark.parametrize("name", ["SCRIPT_NAME", "PATH_INFO", "REMOTE_USER", "REMOTE_ADDR", "X_FORWARDED_FOR"])
    def test_no_header_sets_wsgi_variables(self, target: Target, name: str) -> None:
        """Gunicorn trusts proxies on the loopback address by default."""
        path = f"{LISTS[0]}?to=9999-12-31"
        plain = target.request(path)
        for value in ("/api", "/api/v1/sms/messages", "/admin"):
            response = target.request(path, headers=f"{name}: {value}\r\n".encode())
            assert (response.status, response.body) == (200, plain.body)
            assert response.headers["link"] == plain.headers["link"]

    @pytest.mark.parametrize("name", ["X-Forwarded-Proto", "X-Forwarded-Protocol", "X-Forwarded-Ssl"])
    def test_no_header_changes_the_scheme(self, target: Target, name: str) -> None:
        for value in ("https", "ssl", "on"):
            response = target.request(f"{LISTS[0]}?to=9999-12-31", headers=f"{name}: {value}\r\n".encode())
            assert response.status == 200
            assert "https://" not in response.headers["link"]
