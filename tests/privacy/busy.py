"""A busy minute: everything that callers, gateways, staff and strangers do, well or badly, about the same few SMS."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import requests
from django.contrib.auth.models import User
from django.db import connection
from requests import Response, Session

from messages_app.models import Message
from smsreports.accounts.models import Scope
from tests.conftest import load, message, person, receipt
from tests.server import HOST, Server, SlowReader

# Digits that nothing else has, the way a handset, a gateway and an operator write them.
DIGITS = ("4917098765432", "33698760011", "12025550987")
TEXTS = ("Your code is 73190284, Zoë", "geheimes Wort Quittengelee", "=cmd|' /C calc'!A0 nightingale")
PASSWORD = "correct horse quittengelee"
LISTS = (
    "/api/v1/sms/messages",
    "/api/v1/sms/messages/unified",
    "/api/v1/sms/stats",
    "/api/v1/sms/messages/unified/export",
)
ROUNDS = 2


class Minute:
    """Who does it, at `server`; `keys` are the secrets that they use."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.reader, self.writer = person("busy").key, person("busy", Scope.WRITE).key
        self.keys = [self.reader, self.writer, "sk_prod_guessedguessedguessed", PASSWORD]
        head, _ = User.objects.get_or_create(username="head", is_staff=True, is_superuser=True)
        head.set_password(PASSWORD)
        head.save()
        load(self._line(n) for n in range(len(DIGITS)))
        self._row = Message.everyones.get(client_message_id="busy-0").pk

    def pass_by(self) -> None:
        for _ in range(ROUNDS):
            self._lists()
            self._loads()
            self._gateways()
            self._strangers()
        self._staff()
        self._leaver()
        with gone("messages_app_message"):
            self._lists()
            self._loads()
            self._staff()

    def ask(self, path: str, key: str | None = None, method: str = "GET", body: bytes = b"", **more: Any) -> Response:
        headers = {"X-API-Key": key or self.reader, "Authorization": f"Bearer {key or self.reader}"}
        sent = {"headers": headers | more.pop("headers", {}), "data": body, "timeout": 30, **more}
        return requests.request(method, f"{self._server.url}{path}", **sent)

    def _line(self, number: int, **fields: Any) -> str:
        told = {"client_message_id": f"busy-{number}", "message": TEXTS[number], "recipient": f"+{DIGITS[number]}"}
        return message(account="busy", message_id=f"carrier-{number}", **(told | fields))

    def _lists(self) -> None:
        for path in LISTS:
            for digits in DIGITS:
                self.ask(path, params={"phone": digits, "to": "9999-12-31"})
                self.ask(path, params={"phone": f"00{digits} x", "sender": TEXTS[0]})
                self.ask(path, params={digits: TEXTS[1], "from": digits, "period": TEXTS[2]})
        self.ask(f"/api/sms/messages/{DIGITS[0]}")
        self.ask(f"/api/sms/messages?from={TEXTS[0]}")

    def _loads(self) -> None:
        kind = {"Content-Type": "application/x-ndjson"}
        bad = [
            self._line(0, recipient=DIGITS[0] * 2),
            self._line(1, status=TEXTS[1]),
            self._line(2, message="another text", cost=DIGITS[2]),
            self._line(0, client_message_id="busy-1"),
            json.dumps({TEXTS[2]: DIGITS[2]}),
            f'{{"type": "message", "recipient": "+{DIGITS[1]}", "message": "{TEXTS[1]}',
            receipt(client_message_id="busy-0", status=TEXTS[0], account=DIGITS[0]),
        ]
        for lines in ([self._line(n) for n in range(3)], bad):
            self.ask("/api/v1/ingest", self.writer, "POST", "\n".join(lines).encode(), headers=kind)
        self.ask("/api/v1/ingest", self.writer, "POST", b"\x1f\x8b" + TEXTS[0].encode(), headers=kind)
        self.ask("/api/v1/ingest", self.writer, "POST", TEXTS[1].encode(), headers={"Content-Type": TEXTS[1]})
        self.ask("/api/v1/ingest", self.reader, "POST", self._line(0).encode(), headers=kind)

    def _gateways(self) -> None:
        text = f"id:carrier-0 sub:001 stat:DELIVRD err:000 text:{TEXTS[1]}"
        for path in ("kannel", "jasmin", DIGITS[0]):
            told = {
                "key": self.writer,
                "to": f"00{DIGITS[0]}",
                "client_message_id": "busy-0",
                "type": "1",
                "text": text,
            }
            self.ask(f"/api/v1/gateways/{path}", params=told)
            self.ask(f"/api/v1/gateways/{path}?key={self.writer}", method="POST", data=told)
            self.ask(f"/api/v1/gateways/{path}", params=told | {"key": "sk_prod_guessedguessedguessed"})

    def _strangers(self) -> None:
        for path in (*LISTS, f"/{DIGITS[0]}", f"/%2B{DIGITS[1]}/x?to={DIGITS[1]}", f"/api/v1/{DIGITS[2]}", "/admin/"):
            self.ask(f"{path}", self.keys[2], headers={"Referer": f"https://x/{DIGITS[0]}", "User-Agent": TEXTS[1]})
        for digits in DIGITS:
            self.ask(f"/api/v1/sms/status/{digits}")
            self.ask("/", headers={"Host": f"{digits}.example", "X-Request-ID": digits})
            self._raw(f"GET /{digits} HTTP/9.9\r\nHost: localhost\r\nX-Odd: {digits}\r\n\r\n")
            self._raw(f"GET /{digits}\r\n")
            self._raw(f"POST / HTTP/1.1\r\nHost: {digits}\r\nTransfer-Encoding: {digits}\r\n\r\n")
            self._raw(f"GET / HTTP/1.1\r\nBroken {digits}: {TEXTS[1]}\r\n\r\n")

    def _raw(self, text: str) -> None:
        with socket.create_connection((HOST, self._server.port), 30) as sock, suppress(OSError):
            sock.sendall(text.encode())
            sock.shutdown(socket.SHUT_WR)
            while sock.recv(4096):
                pass

    def _staff(self) -> None:
        with Session() as browser:
            self._log_in(browser, DIGITS[0], TEXTS[0])
            self._log_in(browser, "head", DIGITS[1])
            self._log_in(browser, "head", PASSWORD)
            for digits in DIGITS:
                for path in ("/admin/messages_app/message/", "/reports/messages"):
                    asked = {"phone": digits, "q": digits, "account": "busy", "to": "9999-12-31"}
                    browser.get(f"{self._server.url}{path}", params=asked, timeout=30)
                self._export(browser, {"account": "busy", "phone": digits})
            self._reveal(browser)

    def _log_in(self, browser: Session, name: str, password: str) -> None:
        address = f"{self._server.url}/admin/login/"
        browser.get(address, timeout=30)
        token = browser.cookies.get("csrftoken", "")
        told = {"username": name, "password": password, "csrfmiddlewaretoken": token}
        browser.post(address, told, timeout=30)

    def _export(self, browser: Session, asked: dict[str, str]) -> None:
        token = {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        browser.post(f"{self._server.url}/admin/export/api/", token, params=asked, timeout=30)

    def _reveal(self, browser: Session) -> None:
        for reason in (f"asked about +{DIGITS[0]}", f"text {TEXTS[0]}", "ticket 4711 of the customer"):
            told = {"reason": reason, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
            browser.post(f"{self._server.url}/admin/messages_app/message/{self._row}/reveal/", told, timeout=30)

    def _leaver(self) -> None:
        reader = SlowReader(self._server, f"{LISTS[3]}?to=9999-12-31&phone={DIGITS[0]}", self.reader)
        reader.read(10)
        reader.leave()


@contextmanager
def gone(table: str) -> Iterator[None]:
    """A fault of ours, as by a bad release: PostgreSQL's message about it quotes the statement, numbers and all."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table} RENAME TO gone")
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE gone RENAME TO {table}")
