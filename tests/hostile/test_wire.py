"""Unusual and malicious HTTP: headers, lengths, methods, hosts and paths."""

import pytest

from tests.hostile.conftest import ERROR_KEYS, RawResponse, Target, assert_no_crash

LISTS = ("/api/v1/sms/messages", "/api/sms/messages")


def build_head(path: str, *lines: str, method: str = "GET", version: str = "1.1") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/{version}", *lines, "", ""]).encode("latin-1")


def is_rejected_by_server(responses: list[RawResponse]) -> bool:
    """Return whether there is a single error response, after which the connection ends. 501 is for unknown codings."""
    return len(responses) == 1 and (400 <= responses[0].status < 500 or responses[0].status == 501)


class TestSmuggling:
    """A request never contains a second one, whatever a proxy in front may have read."""

    smuggled_request = "GET /api/v1/sms/messages HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

    @pytest.mark.parametrize(
        "lines",
        [
            ["Content-Length: 5", "Content-Length: 6"],
            ["Content-Length: 5", "Content-Length: 5"],
            ["Content-Length: 5, 6"],
            ["Content-Length: +5"],
            ["Content-Length: -1"],
            ["Content-Length: 0x5"],
            ["Content-Length: 5 5"],
            ["Content-Length: \xb2"],
            ["Content-Length : 5"],
            [" Content-Length: 5"],
            ["Content-Length: 5", "Transfer-Encoding: chunked"],
            ["Transfer-Encoding: chunked", "Content-Length: 5"],
            ["Transfer-Encoding: xchunked"],
            ["Transfer-Encoding: chunked, identity"],
            ["Transfer-Encoding: identity, chunked, chunked"],
            ["Transfer-Encoding : chunked"],
            ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
            ["X: a\r\n b"],
            ["X: a\0b"],
            ["X\0: a"],
            ["X: a\nContent-Length: 5"],
            ["X: a\rContent-Length: 5"],
            [": empty"],
            ["no colon"],
        ],
    )
    def test_ambiguous_headers_are_rejected(self, target: Target, lines: list[str]) -> None:
        request = build_head("/api/v1/ingest", "Host: 127.0.0.1", f"X-API-Key: {target.key}", *lines, method="POST")
        responses = target.send(request + b"0\r\n\r\n" + self.smuggled_request.encode())
        assert is_rejected_by_server(responses), responses
        assert target.request(LISTS[0]).status == 200

    @pytest.mark.parametrize("name", ["X_API_Key", "X-API_Key", "x_api_key"])
    def test_a_header_name_with_underscores_is_not_an_api_key(self, target: Target, name: str) -> None:
        """WSGI has one variable for both names, and a proxy that removes X-API-Key would let this one pass."""
        (response,) = target.send(build_head(LISTS[0], "Host: 127.0.0.1", f"{name}: {target.key}", "Connection: close"))
        assert response.status in (400, 401)

    @pytest.mark.parametrize("other", ["", "sk_prod_nobodys"])
    def test_two_keys_in_one_request_are_rejected(self, target: Target, other: str) -> None:
        for pair in ((target.key, other), (other, target.key)):
            lines = [f"X-API-Key: {key}" for key in pair]
            (response,) = target.send(build_head(LISTS[0], "Host: 127.0.0.1", *lines, "Connection: close"))
            assert response.status == 401
            assert_no_crash(response, LISTS[0])


@pytest.mark.parametrize(
    "key",
    [
        "x" * 129,
        "x" * 8000,
        "\xff\xfe",
        "\xd9\xa3",
        "sk_prod_",
        "'--",
        "%00",
        "\t",
        "null",
        "sk_prod_" + "A" * 43,
        "Bearer x",
    ],
)
def test_an_invalid_key_gets_an_error_of_the_dialect(target: Target, key: str) -> None:
    for path in LISTS:
        lines = [f"X-API-Key: {key}", f"Authorization: Bearer {key}", "Connection: close"]
        (response,) = target.send(build_head(path, "Host: 127.0.0.1", *lines))
        assert response.status == 401
        assert_no_crash(response, path)
        assert len(key.strip()) < 9 or key.encode("latin-1") not in response.body


@pytest.mark.parametrize("method", ["TRACE", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "PROPFIND", "FOO", "POST"])
def test_an_unsupported_method_gets_an_error_of_the_dialect(target: Target, method: str) -> None:
    for path in LISTS:
        response = target.request(path, method)
        assert response.status == 405
        assert_no_crash(response, path)
        assert target.key.encode() not in response.body


@pytest.mark.parametrize("method", ["get", "Get", "G E T", "", "GET\t", "GET\0", "\xff"])
def test_an_invalid_method_is_rejected(target: Target, method: str) -> None:
    responses = target.send(build_head(LISTS[0], "Host: 127.0.0.1", f"X-API-Key: {target.key}", method=method))
    assert all(response.status in (400, 405, 501) for response in responses)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1@evil.example",
        "127.0.0.1:80@x",
        "evil.example#127.0.0.1",
        "a b",
        "",
        "\xff",
        "x" * 4000,
    ],
)
def test_an_unknown_host_is_rejected_and_never_part_of_a_link(target: Target, host: str) -> None:
    for path in LISTS:
        credentials = [f"X-API-Key: {target.key}", f"Authorization: Bearer {target.key}", "Connection: close"]
        (response,) = target.send(build_head(path, f"Host: {host}", *credentials))
        assert response.status == 400
        assert b"evil.example" not in response.body
        assert "link" not in response.headers


@pytest.mark.parametrize(
    "name", ["X-Forwarded-Host", "X-Host", "Forwarded", "X-Original-URL", "X-Rewrite-URL", "X-HTTP-Method-Override"]
)
def test_proxy_headers_do_not_change_links(target: Target, name: str) -> None:
    for path in LISTS:
        response = target.request(f"{path}?to=9999-12-31", headers=f"{name}: evil.example\r\n".encode())
        assert response.status == 200
        assert "evil.example" not in response.headers["link"]
        assert b"evil.example" not in response.body


@pytest.mark.parametrize(
    "path",
    [
        "//api/v1/sms/messages",
        "/api//v1/sms/messages",
        "/api/v1//sms/messages",
        "/api/v1/./sms/messages",
        "/api/v1/../v1/sms/messages",
        "/api/v1/sms/messages/..",
        "/api/v1/sms/messages/.",
        "/api/v1/sms/messages.",
        "/api/v1/sms/messages;x=1",
        "/api/v1/sms%252fmessages",
        "/api/v1/sms/messages%00",
        "/api/v1/sms/messages%20",
        "/api/v1/sms/messages%0d%0aX-Injected:1",
        "/api/v1/sms/messages\\",
        "/API/v1/sms/messages",
        "/api/sms//messages",
        "/api/sms/messages/..%2f..%2fadmin",
        "/api/v1/gateways/..%2fingest",
        "/static/../smsreports/settings.py",
        "/static/..%2f..%2fmanage.py",
        "/static//etc/passwd",
        "/reports/..%2fadmin",
    ],
)
def test_other_spellings_of_a_path_are_not_found(target: Target, path: str) -> None:
    response = target.request(path)
    assert response.status == 404
    assert "x-injected" not in response.headers
    assert_no_crash(response, path)


def test_an_encoded_slash_requires_a_key_too(target: Target) -> None:
    """WSGI decodes a path before routing, so a proxy that restricts paths must decode it, too."""
    (response,) = target.send(build_head("/api/v1/sms%2fmessages", "Host: 127.0.0.1", "Connection: close"))
    assert response.status == 401


@pytest.mark.parametrize("start", ["http://evil.example", "http://127.0.0.1", "evil.example:80", "*"])
def test_an_absolute_request_target_does_not_change_links(target: Target, start: str) -> None:
    response = target.request(start if start == "*" else f"{start}/api/v1/sms/messages")
    assert response.status < 500
    assert "evil.example" not in response.headers.get("link", "")


class TestOversize:
    """Large requests that are accepted."""

    def test_a_request_line_may_have_8_kilobytes(self, target: Target) -> None:
        """The limit includes `GET `, the version and the line end."""
        query = f"{LISTS[0]}?x="
        longest = 8190 - len("GET  HTTP/1.1")
        assert target.request(query + "a" * (longest - len(query))).status == 200
        assert target.request(query + "a" * (longest - len(query) + 1)).status == 414

    @pytest.mark.parametrize("path", LISTS)
    def test_an_unexpected_body_is_ignored(self, target: Target, path: str) -> None:
        response = target.request(path, headers=b"Content-Length: 3\r\n", body=b"x=1")
        assert response.status == 200

    @pytest.mark.parametrize("number", [str(2**31), str(2**63 - 1), str(2**63), "1" * 1000])
    def test_a_page_far_beyond_the_end_is_empty_or_rejected(self, target: Target, number: str) -> None:
        for path in LISTS:
            response = target.request(f"{path}?page={number}&to=9999-12-31")
            assert response.status in (200, 400)
            assert_no_crash(response, path)


def test_these_tests_cover_every_dialect() -> None:
    assert {prefix for prefix in ERROR_KEYS if any(path.startswith(prefix) for path in LISTS)} == set(ERROR_KEYS)
