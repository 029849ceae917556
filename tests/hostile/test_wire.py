"""What HTTP itself can be bent into: heads, lengths, methods, hosts and paths."""

import pytest

from tests.hostile.conftest import SHAPES, Answer, Target, assert_no_crash

LISTS = ("/api/v1/sms/messages", "/api/sms/messages")


def head(path: str, *lines: str, method: str = "GET", version: str = "1.1") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/{version}", *lines, "", ""]).encode("latin-1")


def refused_by_server(answers: list[Answer]) -> bool:
    """One answer, after which the connection ends; 501 is HTTP's word for a coding that nobody knows."""
    return len(answers) == 1 and (400 <= answers[0].status < 500 or answers[0].status == 501)


class TestSmuggling:
    """Whatever a proxy in front may have read, no second request comes out of a first one."""

    inner = "GET /api/v1/sms/messages HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

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
    def test_a_head_that_can_be_read_two_ways_is_refused(self, target: Target, lines: list[str]) -> None:
        sent = head("/api/v1/ingest", "Host: 127.0.0.1", f"X-API-Key: {target.key}", *lines, method="POST")
        answers = target.send(sent + b"0\r\n\r\n" + self.inner.encode())
        assert refused_by_server(answers), answers
        assert target.ask(LISTS[0]).status == 200

    @pytest.mark.parametrize("name", ["X_API_Key", "X-API_Key", "x_api_key"])
    def test_a_name_with_an_underscore_is_no_other_name(self, target: Target, name: str) -> None:
        """WSGI has one word for both; a proxy that strips X-API-Key would let this one through."""
        (answer,) = target.send(head(LISTS[0], "Host: 127.0.0.1", f"{name}: {target.key}", "Connection: close"))
        assert answer.status in (400, 401)

    @pytest.mark.parametrize("other", ["", "sk_prod_nobodys"])
    def test_two_keys_are_no_key(self, target: Target, other: str) -> None:
        for pair in ((target.key, other), (other, target.key)):
            lines = [f"X-API-Key: {key}" for key in pair]
            (answer,) = target.send(head(LISTS[0], "Host: 127.0.0.1", *lines, "Connection: close"))
            assert answer.status == 401
            assert_no_crash(answer, LISTS[0])


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
def test_a_guessed_key_is_refused_in_the_dialects_shape(target: Target, key: str) -> None:
    for path in LISTS:
        lines = [f"X-API-Key: {key}", f"Authorization: Bearer {key}", "Connection: close"]
        (answer,) = target.send(head(path, "Host: 127.0.0.1", *lines))
        assert answer.status == 401
        assert_no_crash(answer, path)
        assert len(key.strip()) < 9 or key.encode("latin-1") not in answer.body


@pytest.mark.parametrize("method", ["TRACE", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "PROPFIND", "FOO", "POST"])
def test_another_method_is_refused_in_the_dialects_shape(target: Target, method: str) -> None:
    for path in LISTS:
        answer = target.ask(path, method)
        assert answer.status == 405
        assert_no_crash(answer, path)
        assert target.key.encode() not in answer.body


@pytest.mark.parametrize("method", ["get", "Get", "G E T", "", "GET\t", "GET\0", "\xff"])
def test_a_word_that_is_no_method_gets_nothing(target: Target, method: str) -> None:
    answers = target.send(head(LISTS[0], "Host: 127.0.0.1", f"X-API-Key: {target.key}", method=method))
    assert all(answer.status in (400, 405, 501) for answer in answers)


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
def test_a_foreign_host_is_refused_and_named_in_no_link(target: Target, host: str) -> None:
    for path in LISTS:
        credentials = [f"X-API-Key: {target.key}", f"Authorization: Bearer {target.key}", "Connection: close"]
        (answer,) = target.send(head(path, f"Host: {host}", *credentials))
        assert answer.status == 400
        assert b"evil.example" not in answer.body
        assert "link" not in answer.headers


@pytest.mark.parametrize(
    "name", ["X-Forwarded-Host", "X-Host", "Forwarded", "X-Original-URL", "X-Rewrite-URL", "X-HTTP-Method-Override"]
)
def test_what_a_proxy_might_have_said_is_believed_of_nobody(target: Target, name: str) -> None:
    for path in LISTS:
        answer = target.ask(f"{path}?to=9999-12-31", head=f"{name}: evil.example\r\n".encode())
        assert answer.status == 200
        assert "evil.example" not in answer.headers["link"]
        assert b"evil.example" not in answer.body


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
def test_a_path_has_one_spelling(target: Target, path: str) -> None:
    answer = target.ask(path)
    assert answer.status == 404
    assert "x-injected" not in answer.headers
    assert_no_crash(answer, path)


def test_a_slash_that_is_encoded_asks_for_a_key_like_any_other(target: Target) -> None:
    """WSGI decodes a path before anybody sees it: whoever guards addresses in front of us must decode, too."""
    (answer,) = target.send(head("/api/v1/sms%2fmessages", "Host: 127.0.0.1", "Connection: close"))
    assert answer.status == 401


@pytest.mark.parametrize("start", ["http://evil.example", "http://127.0.0.1", "evil.example:80", "*"])
def test_an_absolute_target_leads_nowhere_else(target: Target, start: str) -> None:
    answer = target.ask(start if start == "*" else f"{start}/api/v1/sms/messages")
    assert answer.status < 500
    assert "evil.example" not in answer.headers.get("link", "")


class TestOversize:
    """What is large, and may be."""

    def test_a_request_line_may_have_8_kilobytes(self, target: Target) -> None:
        """With `GET `, the version and a line end around the target."""
        query = f"{LISTS[0]}?x="
        longest = 8190 - len("GET  HTTP/1.1")
        assert target.ask(query + "a" * (longest - len(query))).status == 200
        assert target.ask(query + "a" * (longest - len(query) + 1)).status == 414

    @pytest.mark.parametrize("path", LISTS)
    def test_a_body_that_nobody_asked_for_is_not_read(self, target: Target, path: str) -> None:
        answer = target.ask(path, head=b"Content-Length: 3\r\n", body=b"x=1")
        assert answer.status == 200

    @pytest.mark.parametrize("number", [str(2**31), str(2**63 - 1), str(2**63), "1" * 1000])
    def test_a_page_far_away_is_empty_or_refused(self, target: Target, number: str) -> None:
        for path in LISTS:
            answer = target.ask(f"{path}?page={number}&to=9999-12-31")
            assert answer.status in (200, 400)
            assert_no_crash(answer, path)


def test_every_dialect_has_a_list_here() -> None:
    assert {prefix for prefix in SHAPES if any(path.startswith(prefix) for path in LISTS)} == set(SHAPES)
