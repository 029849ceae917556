"""Signed requests at a server that really listens, by a client that knows the vendor's recipe and nothing else."""

import gzip
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from smsreports.accounts.keys import credentials_to_show, save_new_key
from smsreports.accounts.models import Account, ApiKey, Scope
from smsreports.ingest.views import MAX_BODY_BYTES
from tests.conftest import EVER, Live, message
from tests.recipe import signed

LIST, DOOR = "/api/v1/sms/messages", "/api/v1/ingest"
LINES = b"\n".join(message(client_message_id=f"m-{number}").encode() for number in range(200))
# Seconds for an answer on a busy machine.
PATIENCE = 30


class Client:
    """`requests`, and the recipe; each request in a second of its own, as the recipe needs it."""

    def __init__(self, url: str, key: str, secret: str) -> None:
        self.url, self.key, self._secret = url, {"X-API-Key": key}, secret
        self._second = time.time() - 30

    def signed(self, method: str, path: str, body: bytes = b"") -> dict[str, str]:
        self._second += 1
        return self.key | signed(self._secret, method, path, body, self._second)

    def ask(self, method: str, address: str, body: bytes = b"", /, *, data: Any = None, **headers: str) -> Any:
        """`data` where the body is sent in another way than as it is; headers replace those of the recipe."""
        named = {"Content-Type": "application/x-ndjson"} | self.signed(method, urlsplit(address).path, body)
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.request(method, self.url + address, data=data or body, headers=named, timeout=PATIENCE)

    def total(self) -> int:
        return int(self.ask("GET", f"{LIST}?to={EVER['to']}").json()["total"])


@pytest.fixture(scope="module")
def client(live: Live) -> Client:
    live.load([message(client_message_id=key) for key in ("m-0", "a ü")])
    row = ApiKey(account=Account.objects.get(name="acme"), scopes=Scope.values, requires_signature=True)
    return Client(live.url, *credentials_to_show(row, save_new_key(row)))


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error_code"]


def test_a_page_is_answered_whatever_the_query(client: Client) -> None:
    for query in ("", "?period=7d", "?page=2&limit=1&phone=%2B49", "?to=9999-12-31"):
        assert client.ask("GET", f"{LIST}{query}").status_code == 200
    assert client.ask("HEAD", LIST).status_code == 200


def test_two_of_one_path_in_the_same_second_are_one_too_many(client: Client) -> None:
    """Nothing in the recipe tells them apart, so the second is what a replay is."""
    same = client.signed("GET", LIST)
    answers = [client.ask("GET", f"{LIST}?page={page}", **same) for page in (1, 2)]
    assert [answer.status_code for answer in answers] == [200, 401]
    assert refused(answers[1]) == (401, "INVALID_SIGNATURE")
    assert "used before" in answers[1].json()["description"]


def test_of_many_replays_at_once_one_is_answered(client: Client) -> None:
    same = client.signed("GET", LIST)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: client.ask("GET", LIST, **same).status_code, range(24)))
    assert sorted(answers) == [200] + [401] * 23


def chunks(body: bytes) -> Iterator[bytes]:
    return (body[start : start + 1000] for start in range(0, len(body), 1000))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("chunked", [False, True])
def test_records_are_signed_as_they_are_sent(client: Client, packed: bool, chunked: bool) -> None:
    body = gzip.compress(LINES) if packed else LINES
    coding = {"Content_Encoding": "gzip"} if packed else {}
    answer = client.ask("POST", DOOR, body, data=chunks(body) if chunked else body, **coding)
    assert answer.status_code == 200, answer.text
    assert answer.json()["accepted"] + answer.json()["duplicates"] == 200
    assert answer.json()["rejected"] == []


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_was_changed_on_the_way_loads_nothing(client: Client, chunked: bool) -> None:
    before = client.total()
    other = LINES.replace(b"m-", b"x-")
    answer = client.ask("POST", DOOR, LINES, data=chunks(other) if chunked else other)
    assert refused(answer) == (401, "INVALID_SIGNATURE")
    assert client.total() == before


@pytest.mark.parametrize("chunked", [False, True])
def test_a_large_body_is_answered_whatever_is_wrong_with_it(client: Client, chunked: bool) -> None:
    """A sender whose connection breaks would not see why."""
    large, too_large = b" " * (MAX_BODY_BYTES - 1), b" " * (MAX_BODY_BYTES + 1)
    for body, headers, expected in (
        (too_large, {}, (413, "TOO_LARGE")),
        (large, {"X_Signature": ""}, (401, "SIGNATURE_REQUIRED")),
        (large, {"X_Timestamp": "1"}, (401, "INVALID_SIGNATURE")),
        (large, {"Content_Type": "text/csv"}, (415, "UNSUPPORTED_MEDIA_TYPE")),
    ):
        assert refused(client.ask("POST", DOOR, body, data=chunks(body) if chunked else body, **headers)) == expected


def test_a_large_body_is_loaded(client: Client) -> None:
    body = LINES + b"\n" * (MAX_BODY_BYTES - len(LINES))
    assert client.ask("POST", DOOR, body).json()["rejected"] == []


def status(client: Client, target: str, path: str) -> int:
    """Of a message, asked for by this very target with a signature of this path: `requests` would tidy the target."""
    connection = HTTPConnection(urlsplit(client.url).netloc, timeout=PATIENCE)
    connection.request("GET", target, headers=client.signed("GET", path))
    with closing(connection), connection.getresponse() as answer:
        return answer.status


@pytest.mark.parametrize("sent", ["a%20%C3%BC", "a%20%c3%bc", "%61%20%C3%BC"])
def test_a_path_is_signed_as_it_is_sent_or_as_it_is_meant(client: Client, sent: str) -> None:
    target = f"/api/v1/sms/status/{sent}"
    signings = (target, "/api/v1/sms/status/a ü", "/api/v1/sms/status/A%20%C3%BC", "/api/v1/sms/status/m-0")
    assert [status(client, f"{target}?a=b", path) for path in signings] == [200, 200, 401, 401]
    assert status(client, client.url + target, target) == 200
