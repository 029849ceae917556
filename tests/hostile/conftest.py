"""Raw HTTP requests, and the checks that every response must pass."""

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from smsreports.accounts.keys import create_key
from smsreports.accounts.models import Account, Scope
from tests.conftest import LiveServer, broadcast_line, load_lines, message_line, send_line
from tests.server import HOST, Server

# Keys of the error bodies by path prefix of the dialect.
ERROR_KEYS = {"/api/v1/": ["status", "error_code", "description"], "/api/sms/": ["message", "code", "details"]}


@dataclass(frozen=True)
class RawResponse:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_json(self) -> bool:
        return self.headers.get("content-type") == "application/json"

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Target:
    """Running server with some traffic of acme, and a key with all scopes."""

    server: Server
    key: str

    def send(self, raw: bytes) -> list[RawResponse]:
        """Send these bytes on a new connection, and return all responses."""
        with socket.create_connection((HOST, self.server.port), timeout=30) as connection:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            with connection.makefile("rb") as stream:
                return list(iter(lambda: _read_response(stream), None))

    def request(self, path: bytes | str, method: str = "GET", headers: bytes = b"", body: bytes = b"") -> RawResponse:
        """Send a request with the key, and return its response. `headers` are further header lines."""
        raw_path = path.encode("latin-1") if isinstance(path, str) else path
        credentials = f"X-API-Key: {self.key}\r\nAuthorization: Bearer {self.key}\r\n".encode()
        start = method.encode() + b" " + raw_path + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        (response,) = self.send(start + credentials + headers + b"\r\n" + body)
        return response


def _read_response(stream: Any) -> RawResponse | None:
    line = stream.readline()
    if not line:
        return None
    headers: dict[str, str] = {}
    while field := stream.readline().decode("latin-1").strip():
        name, _, value = field.partition(":")
        assert name.lower() not in headers or name.lower() in ("set-cookie", "vary"), f"{name} is repeated"
        headers[name.lower()] = value.strip()
    return RawResponse(int(line.split()[1]), headers, _read_body(stream, headers))


def _read_body(stream: Any, headers: Mapping[str, str]) -> bytes:
    if headers.get("transfer-encoding") != "chunked":
        return bytes(stream.read(int(headers["content-length"])) if "content-length" in headers else stream.read())
    parts = []
    while size := int(stream.readline(), 16):
        parts.append(stream.read(size))
        stream.readline()
    stream.readline()
    return b"".join(parts)


def assert_no_crash(response: RawResponse, path: str) -> None:
    """Check that the status is below 500, and that errors of a dialect have its keys."""
    assert response.status < 500, response
    for prefix, keys in ERROR_KEYS.items():
        if path.startswith(prefix) and response.status >= 400:
            assert response.is_json, response
            assert list(response.json()) == keys


@pytest.fixture(scope="module")
def target(live: LiveServer, gunicorn: Server) -> Target:
    load_lines([message_line(message=f"Hello {number}", client_message_id=f"m-{number}") for number in range(9)])
    load_lines([broadcast_line(), send_line()])
    return Target(gunicorn, create_key(Account.objects.get(name="acme"), list(Scope)))
