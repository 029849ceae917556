"""Signed requests over HTTP to a running server, by a client that follows the vendor's documentation only."""

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
from tests.client_signing import sign_headers
from tests.conftest import ALL_DAYS, LiveServer, message_line

LIST, INGEST = "/api/v1/sms/messages", "/api/v1/ingest"
LINES = b"\n".join(message_line(client_message_id=f"m-{number}").encode() for number in range(200))
# Timeout of a request on a busy machine.
TIMEOUT_SECONDS = 30


class Client:
    """HTTP client that signs its requests, each with a different timestamp, so that no two signatures are equal."""

    def __init__(self, url: str, key: str, secret: str) -> None:
        self.url, self.key, self._secret = url, {"X-API-Key": key}, secret
        self._second = time.time() - 30

    def sign(self, method: str, path: str, body: bytes = b"") -> dict[str, str]:
        self._second += 1
        return self.key | sign_headers(self._secret, method, path, body, self._second)

    def send_request(self, method: str, address: str, body: bytes = b"", /, *, data: Any = None, **headers: str) -> Any:
        """Send a request with the signature of `body`. `data` replaces the sent body, `headers` single headers."""
        sent = {"Content-Type": "application/x-ndjson"} | self.sign(method, urlsplit(address).path, body)
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.request(method, self.url + address, data=data or body, headers=sent, timeout=TIMEOUT_SECONDS)

    def get_total(self) -> int:
        return int(self.send_request("GET", f"{LIST}?to={ALL_DAYS['to']}").json()["total"])


@pytest.fixture(scope="module")
def client(live: LiveServer) -> Client:
    live.load_lines([message_line(client_message_id=key) for key in ("m-0", "a ü")])
    row = ApiKey(account=Account.objects.get(name="acme"), scopes=Scope.values, requires_signature=True)
    return Client(live.url, *credentials_to_show(row, save_new_key(row)))


def get_error(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error_code"]


def test_the_query_string_is_not_signed(client: Client) -> None:
    for query in ("", "?period=7d", "?page=2&limit=1&phone=%2B49", "?to=9999-12-31"):
        assert client.send_request("GET", f"{LIST}{query}").status_code == 200
    assert client.send_request("HEAD", LIST).status_code == 200


def test_a_second_request_with_the_same_path_and_second_is_refused(client: Client) -> None:
    """The query string is not signed, so the second request is a replay."""
    same = client.sign("GET", LIST)
    answers = [client.send_request("GET", f"{LIST}?page={page}", **same) for page in (1, 2)]
    assert [answer.status_code for answer in answers] == [200, 401]
    assert get_error(answers[1]) == (401, "INVALID_SIGNATURE")
    assert "used before" in answers[1].json()["description"]


def test_one_of_concurrent_replays_is_accepted(client: Client) -> None:
    same = client.sign("GET", LIST)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: client.send_request("GET", LIST, **same).status_code, range(24)))
    assert sorted(answers) == [200] + [401] * 23


def chunks(body: bytes) -> Iterator[bytes]:
    return (body[start : start + 1000] for start in range(0, len(body), 1000))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("chunked", [False, True])
def test_the_signature_covers_the_body_as_it_was_sent(client: Client, packed: bool, chunked: bool) -> None:
    body = gzip.compress(LINES) if packed else LINES
    coding = {"Content_Encoding": "gzip"} if packed else {}
    answer = client.send_request("POST", INGEST, body, data=chunks(body) if chunked else body, **coding)
    assert answer.status_code == 200, answer.text
    assert answer.json()["accepted"] + answer.json()["duplicates"] == 200
    assert answer.json()["rejected"] == []


@pytest.mark.parametrize("chunked", [False, True])
def test_a_changed_body_loads_nothing(client: Client, chunked: bool) -> None:
    before = client.get_total()
    other = LINES.replace(b"m-", b"x-")
    answer = client.send_request("POST", INGEST, LINES, data=chunks(other) if chunked else other)
    assert get_error(answer) == (401, "INVALID_SIGNATURE")
    assert client.get_total() == before


@pytest.mark.parametrize("chunked", [False, True])
def test_a_large_invalid_body_gets_a_response(client: Client, chunked: bool) -> None:
    """A client whose connection is reset would not see the response."""
    large, too_large = b" " * (MAX_BODY_BYTES - 1), b" " * (MAX_BODY_BYTES + 1)
    for body, headers, expected in (
        (too_large, {}, (413, "TOO_LARGE")),
        (large, {"X_Signature": ""}, (401, "SIGNATURE_REQUIRED")),
        (large, {"X_Timestamp": "1"}, (401, "INVALID_SIGNATURE")),
        (large, {"Content_Type": "text/csv"}, (415, "UNSUPPORTED_MEDIA_TYPE")),
    ):
        assert (
            get_error(client.send_request("POST", INGEST, body, data=chunks(body) if chunked else body, **headers))
            == expected
        )


def test_a_large_body_is_loaded(client: Client) -> None:
    body = LINES + b"\n" * (MAX_BODY_BYTES - len(LINES))
    assert client.send_request("POST", INGEST, body).json()["rejected"] == []


def get_status(client: Client, target: str, path: str) -> int:
    """Request exactly `target` with a signature of `path`. Not with `requests`, which would normalize the target."""
    connection = HTTPConnection(urlsplit(client.url).netloc, timeout=TIMEOUT_SECONDS)
    connection.request("GET", target, headers=client.sign("GET", path))
    with closing(connection), connection.getresponse() as answer:
        return answer.status


@pytest.mark.parametrize("sent", ["a%20%C3%BC", "a%20%c3%bc", "%61%20%C3%BC"])
def test_a_path_may_be_signed_encoded_or_decoded(client: Client, sent: str) -> None:
    target = f"/api/v1/sms/status/{sent}"
    signed_paths = (target, "/api/v1/sms/status/a ü", "/api/v1/sms/status/A%20%C3%BC", "/api/v1/sms/status/m-0")
    assert [get_status(client, f"{target}?a=b", path) for path in signed_paths] == [200, 200, 401, 401]
    assert get_status(client, client.url + target, target) == 200
