"""Every parameter of every door, with what breaks SQL, spreadsheets, headers and parsers."""

import re
from urllib.parse import quote

import pytest

from tests.conftest import message
from tests.hostile.conftest import Target, assert_no_crash
from tests.isolation.addresses import Address, addresses
from tests.isolation.questions import heard

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
DOORS = [address for address in addresses() if address.door]


def paths(address: Address, value: str) -> list[str]:
    """The value in each parameter alone, in all of them, and in the address itself."""
    assert address.door
    names = heard(address.door.parse_query) or ["client_message_id"]
    plain = address.path(**dict.fromkeys(address.parameters, "m-1"))
    asked = [f"{plain}?{name}={quote(value)}" for name in dict.fromkeys(names)]
    asked.append(f"{plain}?" + "&".join(f"{name}={quote(value)}" for name in names))
    if address.parameters:
        asked.append(address.path(**dict.fromkeys(address.parameters, value)))
    return asked


@pytest.mark.parametrize("value", INJECTIONS)
def test_no_value_of_any_parameter_breaks_a_door(target: Target, value: str) -> None:
    for address in DOORS:
        assert address.door
        for path in paths(address, value):
            answer = target.ask(path, address.door.methods[0])
            assert_no_crash(answer, path)
            assert {"x-injected", "set-cookie"}.isdisjoint(answer.headers), path
            assert b"<script>" not in answer.body or "json" in answer.headers["content-type"]
            assert not re.search(rb"digest|psycopg|SELECT .* FROM|Traceback", answer.body.replace(value.encode(), b""))


@pytest.mark.parametrize("value", ["\r\n", "\r", "\n", "\0", "\x7f", "é", "\u2028"])
def test_links_keep_what_was_asked_on_one_line(target: Target, value: str) -> None:
    """Parameters that nobody knows are kept in links to other pages."""
    answer = target.ask(f"/api/v1/sms/messages?to=9999-12-31&limit=2&x={quote(value)}X-Injected:1")
    assert answer.status == 200
    assert f"x={quote(value)}X-Injected" in answer.headers["link"].replace("%3A", ":")
    assert "x-injected" not in answer.headers


class TestCursor:
    def cursor(self, target: Target) -> str:
        answer = target.ask("/api/v1/sms/messages?to=9999-12-31&limit=2")
        found = re.search(r"cursor=([^>&]+)", answer.headers["link"])
        assert found
        return found[1]

    def test_a_bit_that_flips_is_found(self, target: Target) -> None:
        sound = self.cursor(target)
        assert target.ask(f"/api/v1/sms/messages?to=9999-12-31&cursor={sound}").status == 200
        for place in range(0, len(sound), 7):
            for other in ("A", "B"):
                forged = sound[:place] + (other if sound[place] != other else "C") + sound[place + 1 :]
                if forged.lower() == sound.lower():
                    continue
                assert target.ask(f"/api/v1/sms/messages?to=9999-12-31&cursor={forged}").status == 400, forged

    @pytest.mark.parametrize("forged", [":::", "W10:1:x", ".eJw:1:1", "x" * 3000, "%00", "%ff", "null", "é"])
    def test_one_that_was_made_up_is_refused(self, target: Target, forged: str) -> None:
        for path in ("/api/v1/sms/messages", "/api/v1/sms/messages/unified", "/api/sms/messages"):
            answer = target.ask(f"{path}?cursor={quote(forged, safe='%')}")
            assert answer.status == 400
            assert_no_crash(answer, path)

    def test_one_list_takes_anothers_for_a_place_in_its_own(self, target: Target) -> None:
        for path in ("/api/v1/sms/messages", "/api/v1/sms/messages/unified", "/api/sms/messages"):
            answer = target.ask(f"{path}?to=9999-12-31&cursor={self.cursor(target)}")
            assert answer.status == 200, answer


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
        message(recipient="+" + "9" * 400).encode(),
        message(client_message_id="x" * 100_000).encode(),
        message(cost="9" * 400).encode(),
        message(created_at="2026-02-13T12:00:00+99:99").encode(),
        message(segments=2**63).encode(),
        message(segments=-(2**64)).encode(),
        message(sender_id="a\r\nX: 1", client_message_id="new").encode(),
        message(country="U\0").encode(),
    ],
)
def test_a_line_of_any_kind_is_loaded_or_named(target: Target, line: bytes) -> None:
    head = b"Content-Type: application/x-ndjson\r\nContent-Length: %d\r\n" % len(line)
    answer = target.ask("/api/v1/ingest", "POST", head, line)
    assert answer.status == 200
    found = answer.json()
    assert found["accepted"] + found["duplicates"] + len(found["rejected"]) == 1
    assert len(answer.body) < 10_000
