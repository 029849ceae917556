"""Raw requests, and what every answer to them must be."""

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from smsreports.accounts.keys import create_key
from smsreports.accounts.models import Account, Scope
from tests.conftest import Live, broadcast, load, message, send
from tests.server import HOST, Server

# Below these every answer is the dialect's; its errors have these keys.
SHAPES = {"/api/v1/": ["status", "error_code", "description"], "/api/sms/": ["message", "code", "details"]}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def of_dialect(self) -> bool:
        return self.headers.get("content-type") == "application/json"

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Target:
    """A listening server with a little traffic of acme, and a key for all that a key may do."""

    server: Server
    key: str

    def send(self, raw: bytes) -> list[Answer]:
        """Every answer on one connection to these bytes, after which nothing more is sent."""
        with socket.create_connection((HOST, self.server.port), timeout=30) as connection:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            with connection.makefile("rb") as stream:
                return list(iter(lambda: _answer(stream), None))

    def ask(self, target: bytes | str, method: str = "GET", head: bytes = b"", body: bytes = b"") -> Answer:
        """The one answer to a request with the key; `head` are more lines of its head."""
        where = target.encode("latin-1") if isinstance(target, str) else target
        credentials = f"X-API-Key: {self.key}\r\nAuthorization: Bearer {self.key}\r\n".encode()
        first = method.encode() + b" " + where + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        (answer,) = self.send(first + credentials + head + b"\r\n" + body)
        return answer


def _answer(stream: Any) -> Answer | None:
    line = stream.readline()
    if not line:
        return None
    headers: dict[str, str] = {}
    while field := stream.readline().decode("latin-1").strip():
        name, _, value = field.partition(":")
        assert name.lower() not in headers or name.lower() in ("set-cookie", "vary"), f"{name} is there twice"
        headers[name.lower()] = value.strip()
    return Answer(int(line.split()[1]), headers, _body(stream, headers))


def _body(stream: Any, headers: Mapping[str, str]) -> bytes:
    if headers.get("transfer-encoding") != "chunked":
        return bytes(stream.read(int(headers["content-length"])) if "content-length" in headers else stream.read())
    parts = []
    while size := int(stream.readline(), 16):
        parts.append(stream.read(size))
        stream.readline()
    stream.readline()
    return b"".join(parts)


def assert_no_crash(answer: Answer, path: str) -> None:
    """No 5xx; and below a dialect's prefix an error in its shape."""
    assert answer.status < 500, answer
    for prefix, keys in SHAPES.items():
        if path.startswith(prefix) and answer.status >= 400:
            assert answer.of_dialect, answer
            assert list(answer.json()) == keys


@pytest.fixture(scope="module")
def target(live: Live, gunicorn: Server) -> Target:
    load([message(message=f"Hello {number}", client_message_id=f"m-{number}") for number in range(9)])
    load([broadcast(), send()])
    return Target(gunicorn, create_key(Account.objects.get(name="acme"), list(Scope)))
