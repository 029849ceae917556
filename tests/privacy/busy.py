"""Valid and invalid requests of API clients, gateways, staff and strangers, all about the same few SMS."""

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
from tests.conftest import create_api_client, load_lines, message_line, receipt_line
from tests.server import HOST, Server, SlowReader

# Telephone numbers that occur nowhere else.
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
    """Requests to `server`; `keys` are the secrets that they use."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.reader, self.writer = create_api_client("busy").key, create_api_client("busy", Scope.WRITE).key
        self.keys = [self.reader, self.writer, "sk_prod_guessedguessedguessed", PASSWORD]
        head, _ = User.objects.get_or_create(username="head", is_staff=True, is_superuser=True)
        head.set_password(PASSWORD)
        head.save()
        load_lines(self._build_message_line(n) for n in range(len(DIGITS)))
        self._row = Message.unscoped.get(client_message_id="busy-0").pk

    def run(self) -> None:
        for _ in range(ROUNDS):
            self._request_lists()
            self._load_records()
            self._call_gateways()
            self._probe_endpoints()
        self._browse_as_staff()
        self._abort_export()
        with renamed_table("messages_app_message"):
            self._request_lists()
            self._load_records()
            self._browse_as_staff()

    def send_request(
        self, path: str, key: str | None = None, method: str = "GET", body: bytes = b"", **options: Any
    ) -> Response:
        headers = {"X-API-Key": key or self.reader, "Authorization": f"Bearer {key or self.reader}"}
        arguments = {"headers": headers | options.pop("headers", {}), "data": body, "timeout": 30, **options}
        return requests.request(method, f"{self._server.url}{path}", **arguments)

    def _build_message_line(self, number: int, **fields: Any) -> str:
        values = {"client_message_id": f"busy-{number}", "message": TEXTS[number], "recipient": f"+{DIGITS[number]}"}
        return message_line(account="busy", message_id=f"carrier-{number}", **(values | fields))

    def _request_lists(self) -> None:
        for path in LISTS:
            for digits in DIGITS:
                self.send_request(path, params={"phone": digits, "to": "9999-12-31"})
                self.send_request(path, params={"phone": f"00{digits} x", "sender": TEXTS[0]})
                self.send_request(path, params={digits: TEXTS[1], "from": digits, "period": TEXTS[2]})
        self.send_request(f"/api/sms/messages/{DIGITS[0]}")
        self.send_request(f"/api/sms/messages?from={TEXTS[0]}")

    def _load_records(self) -> None:
        headers = {"Content-Type": "application/x-ndjson"}
        bad = [
            self._build_message_line(0, recipient=DIGITS[0] * 2),
            self._build_message_line(1, status=TEXTS[1]),
            self._build_message_line(2, message="another text", cost=DIGITS[2]),
            self._build_message_line(0, client_message_id="busy-1"),
            json.dumps({TEXTS[2]: DIGITS[2]}),
            f'{{"type": "message", "recipient": "+{DIGITS[1]}", "message": "{TEXTS[1]}',
            receipt_line(client_message_id="busy-0", status=TEXTS[0], account=DIGITS[0]),
        ]
        for lines in ([self._build_message_line(n) for n in range(3)], bad):
            self.send_request("/api/v1/ingest", self.writer, "POST", "\n".join(lines).encode(), headers=headers)
        self.send_request("/api/v1/ingest", self.writer, "POST", b"\x1f\x8b" + TEXTS[0].encode(), headers=headers)
        self.send_request("/api/v1/ingest", self.writer, "POST", TEXTS[1].encode(), headers={"Content-Type": TEXTS[1]})
        self.send_request("/api/v1/ingest", self.reader, "POST", self._build_message_line(0).encode(), headers=headers)

    def _call_gateways(self) -> None:
        text = f"id:carrier-0 sub:001 stat:DELIVRD err:000 text:{TEXTS[1]}"
        for path in ("kannel", "jasmin", DIGITS[0]):
            params = {
                "key": self.writer,
                "to": f"00{DIGITS[0]}",
                "client_message_id": "busy-0",
                "type": "1",
                "text": text,
            }
            self.send_request(f"/api/v1/gateways/{path}", params=params)
            self.send_request(f"/api/v1/gateways/{path}?key={self.writer}", method="POST", data=params)
            self.send_request(f"/api/v1/gateways/{path}", params=params | {"key": "sk_prod_guessedguessedguessed"})

    def _probe_endpoints(self) -> None:
        for path in (*LISTS, f"/{DIGITS[0]}", f"/%2B{DIGITS[1]}/x?to={DIGITS[1]}", f"/api/v1/{DIGITS[2]}", "/admin/"):
            self.send_request(
                f"{path}", self.keys[2], headers={"Referer": f"https://x/{DIGITS[0]}", "User-Agent": TEXTS[1]}
            )
        for digits in DIGITS:
            self.send_request(f"/api/v1/sms/status/{digits}")
            self.send_request("/", headers={"Host": f"{digits}.example", "X-Request-ID": digits})
            self._send_raw(f"GET /{digits} HTTP/9.9\r\nHost: localhost\r\nX-Odd: {digits}\r\n\r\n")
            self._send_raw(f"GET /{digits}\r\n")
            self._send_raw(f"POST / HTTP/1.1\r\nHost: {digits}\r\nTransfer-Encoding: {digits}\r\n\r\n")
            self._send_raw(f"GET / HTTP/1.1\r\nBroken {digits}: {TEXTS[1]}\r\n\r\n")

    def _send_raw(self, text: str) -> None:
        with socket.create_connection((HOST, self._server.port), 30) as sock, suppress(OSError):
            sock.sendall(text.encode())
            sock.shutdown(socket.SHUT_WR)
            while sock.recv(4096):
                pass

    def _browse_as_staff(self) -> None:
        with Session() as browser:
            self._log_in(browser, DIGITS[0], TEXTS[0])
            self._log_in(browser, "head", DIGITS[1])
            self._log_in(browser, "head", PASSWORD)
            for digits in DIGITS:
                for path in ("/admin/messages_app/message/", "/reports/messages"):
                    params = {"phone": digits, "q": digits, "account": "busy", "to": "9999-12-31"}
                    browser.get(f"{self._server.url}{path}", params=params, timeout=30)
                self._export_as_staff(browser, {"account": "busy", "phone": digits})
            self._reveal(browser)

    def _log_in(self, browser: Session, name: str, password: str) -> None:
        url = f"{self._server.url}/admin/login/"
        browser.get(url, timeout=30)
        token = browser.cookies.get("csrftoken", "")
        form = {"username": name, "password": password, "csrfmiddlewaretoken": token}
        browser.post(url, form, timeout=30)

    def _export_as_staff(self, browser: Session, params: dict[str, str]) -> None:
        token = {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        browser.post(f"{self._server.url}/admin/export/api/", token, params=params, timeout=30)

    def _reveal(self, browser: Session) -> None:
        for reason in (f"asked about +{DIGITS[0]}", f"text {TEXTS[0]}", "ticket 4711 of the customer"):
            form = {"reason": reason, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
            browser.post(f"{self._server.url}/admin/messages_app/message/{self._row}/reveal/", form, timeout=30)

    def _abort_export(self) -> None:
        reader = SlowReader(self._server, f"{LISTS[3]}?to=9999-12-31&phone={DIGITS[0]}", self.reader)
        reader.read(10)
        reader.close()


@contextmanager
def renamed_table(table: str) -> Iterator[None]:
    """Rename a table in the block, so that statements fail. PostgreSQL's messages then quote numbers."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table} RENAME TO gone")
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE gone RENAME TO {table}")
