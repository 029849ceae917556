"""Every parameter of every endpoint, with values that break SQL, spreadsheets, headers and parsers."""

import re
from urllib.parse import quote

import pytest

from tests.conftest import message_line
from tests.hostile.conftest import Target, assert_no_crash
from tests.isolation.routes import Route, list_routes

INJECTIONS = (
    "' OR '1'='1",
    "'; DROP TABLE accounts_account; --",
    "1) UNION SELECT digest FROM accounts_apikey --",
    "%s%s%(x)s",
    "{0.__class__}",
    "$1",
    "\\",
    "=cmd|'/c calc'!A1",
    "a\r\nX-Injected: yes\r\n\r\n<html>",
    "a\nSet-Cookie: x=1",
    "\u2028\u0000",
    "\U0001f600" * 8,
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "NaN",
    "1e309",
    "-1",
    "0x10",
    "9" * 200,
    "٣",
)
ENDPOINT_ROUTES = [route for route in list_routes() if route.endpoint]


def build_paths(route: Route, value: str) -> list[str]:
    """Return URLs with the value in each parameter alone, in all of them, and in the path itself."""
    assert route.endpoint
    names = sorted(route.endpoint.query_names) or ["client_message_id"]
    plain = route.build_path(**dict.fromkeys(route.parameters, "m-1"))
    urls = [f"{plain}?{name}={quote(value)}" for name in dict.fromkeys(names)]
    urls.append(f"{plain}?" + "&".join(f"{name}={quote(value)}" for name in names))
    if route.parameters:
        urls.append(route.build_path(**dict.fromkeys(route.parameters, value)))
    return urls


@pytest.mark.parametrize("value", INJECTIONS)
def test_no_parameter_value_breaks_an_endpoint(target: Target, value: str) -> None:
    for route in ENDPOINT_ROUTES:
        assert route.endpoint
        for path in build_paths(route, value):
            response = target.request(path, route.endpoint.methods[0])
            assert_no_crash(response, path)
            assert {"x-injected", "set-cookie"}.isdisjoint(response.headers), path
            assert b"<script>" not in response.body or "json" in response.headers["content-type"]
            assert not re.search(
                rb"digest|psycopg|SELECT .* FROM|Traceback", response.body.replace(value.encode(), b"")
            )


@pytest.mark.parametrize("value", ["\r\n", "\r", "\n", "\0", "\x7f", "é", "\u2028"])
def test_links_encode_line_breaks_in_parameters(target: Target, value: str) -> None:
    """Links to other pages keep unknown parameters."""
    response = target.request(f"/api/v1/sms/messages?to=9999-12-31&limit=2&x={quote(value)}X-Injected:1")
    assert response.status == 200
    assert f"x={quote(value)}X-Injected" in response.headers["link"].replace("%3A", ":")
    assert "x-injected" not in response.headers


class TestCursor:
    def get_cursor(self, target: Target) -> str:
        response = target.request("/api/v1/sms/messages?to=9999-12-31&limit=2")
        match = re.search(r"cursor=([^>&]+)", response.headers["link"])
        assert match
        return match[1]

    def test_a_changed_character_is_detected(self, target: Target) -> None:
        cursor = self.get_cursor(target)
        assert target.request(f"/api/v1/sms/messages?to=9999-12-31&cursor={cursor}").status == 200
        for position in range(0, len(cursor), 7):
            for other in ("A", "B"):
                forged = cursor[:position] + (other if cursor[position] != other else "C") + cursor[position + 1 :]
                if forged.lower() == cursor.lower():
                    continue
                assert target.request(f"/api/v1/sms/messages?to=9999-12-31&cursor={forged}").status == 400, forged

    @pytest.mark.parametrize("forged", [":::", "W10:1:x", ".eJw:1:1", "x" * 3000, "%00", "%ff", "null", "é"])
    def test_a_forged_cursor_is_rejected(self, target: Target, forged: str) -> None:
        for path in ("/api/v1/sms/messages", "/api/v1/sms/messages/unified", "/api/sms/messages"):
            response = target.request(f"{path}?cursor={quote(forged, safe='%')}")
            assert response.status == 400
            assert_no_crash(response, path)

    def test_a_cursor_of_another_list_is_accepted(self, target: Target) -> None:
        for path in ("/api/v1/sms/messages", "/api/v1/sms/messages/unified", "/api/sms/messages"):
            response = target.request(f"{path}?to=9999-12-31&cursor={self.get_cursor(target)}")
            assert response.status == 200, response


@pytest.mark.parametrize(
    "line",
    [
        b'{"type": "message", "type": "send"}',
        b'{"type": "message", "segments": 1' + b"0" * 500 + b"}",
        b'{"type": "message", "cost": 1e400}',
        b'{"type": "message", "message": "\\ud800"}',
        b'{"type": "message", "client_message_id": "\\u0000"}',
        b'{"type": "message", "cost": NaN}',
        b'{"type": "message", "cost": Infinity}',
        b'{"type": "message", "__proto__": {}}',
        b'{"type": ["message"]}',
        b'{"type": {}}',
        b'{"": ""}',
        b'{"type": "receipt", "client_message_id": "m-1", "status": "DELIVRD", "at": "0001-01-01T00:00:00+23:59"}',
        b'{"type": "receipt", "client_message_id": "m-1", "status": "DELIVRD", "at": "9999-12-31T23:59:59-23:59"}',
        b'{"type": "receipt", "client_message_id": {"a": 1}, "status": [], "at": 1e300}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"1" * 100_000,
        b"\xef\xbb\xbf{}",
        b"\xed\xa0\x80",
        message_line(recipient="+" + "9" * 400).encode(),
        message_line(client_message_id="x" * 100_000).encode(),
        message_line(cost="9" * 400).encode(),
        message_line(created_at="2026-02-13T12:00:00+99:99").encode(),
        message_line(segments=2**63).encode(),
        message_line(segments=-(2**64)).encode(),
        message_line(sender_id="a\r\nX: 1", client_message_id="new").encode(),
        message_line(country="U\0").encode(),
    ],
)
def test_every_line_is_accepted_or_reported(target: Target, line: bytes) -> None:
    headers = b"Content-Type: application/x-ndjson\r\nContent-Length: %d\r\n" % len(line)
    response = target.request("/api/v1/ingest", "POST", headers, line)
    assert response.status == 200
    report = response.json()
    assert report["accepted"] + report["duplicates"] + len(report["rejected"]) == 1
    assert len(response.body) < 10_000
