"""Keys that require signed requests: accepted and refused requests, queries and stored rows."""

import time
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from smsreports.accounts.keys import AuthFailure, credentials_to_show, save_new_key
from smsreports.accounts.models import Account, ApiKey, RequestCount, Scope, UsedSignature
from smsreports.concurrency.limits import LOADS
from smsreports.concurrency.slots import load_slots
from smsreports.ingest.views import MAX_BODY_BYTES
from tests.client_signing import sign_headers
from tests.conftest import CLIENT, load_lines, message_line

LIST, INGEST, KANNEL = "/api/v1/sms/messages", "/api/v1/ingest", "/api/v1/gateways/kannel"
ERSAAL = "/api/sms/messages"
NDJSON = {"Content-Type": "application/x-ndjson"}


class Signer:
    """Client with a key of acme that requires signatures."""

    def __init__(self, account: Account) -> None:
        row = ApiKey(account=account, scopes=Scope.values, requires_signature=True)
        self.key, self.secret = credentials_to_show(row, save_new_key(row))

    def send_request(self, method: str, path: str, body: bytes = b"", /, **headers: str) -> Any:
        credentials = {"X-API-Key": self.key, "Authorization": f"Bearer {self.key}"}
        return CLIENT.generic(method, path, body, headers=NDJSON | credentials | headers)

    def send_signed(self, method: str, path: str, body: bytes = b"", /, at: float = 0, **headers: str) -> Any:
        """Send a request whose timestamp is `at` seconds from now."""
        signature = sign_headers(self.secret, method, path.partition("?")[0], body, time.time() + at)
        return self.send_request(method, path, body, **signature, **headers)


@pytest.fixture
def signer(account: Account) -> Signer:
    load_lines([message_line()])
    return Signer(account)


def get_error(answer: Any) -> tuple[int, str]:
    body = answer.json()
    return answer.status_code, body.get("error_code", "")


def get_total(answer: Any) -> int:
    assert answer.status_code == 200, answer.content
    return int(answer.json()["total"])


def test_a_signed_request_is_accepted(signer: Signer) -> None:
    assert get_total(signer.send_signed("GET", f"{LIST}?to=9999-12-31")) == 1


def test_a_head_request_is_signed_as_head(signer: Signer) -> None:
    as_get = sign_headers(signer.secret, "GET", LIST)
    assert signer.send_request("HEAD", LIST, **as_get).status_code == 401
    assert signer.send_signed("HEAD", LIST).status_code == 200


def test_the_laravel_dialect_accepts_the_same_headers(signer: Signer) -> None:
    assert signer.send_request("GET", ERSAAL).json() == {
        "message": "Unauthenticated.",
        "code": "UNAUTHORIZED",
        "details": {},
    }
    assert signer.send_signed("GET", ERSAAL).status_code == 200
    assert signer.send_signed("GET", ERSAAL, at=301).json()["code"] == "UNAUTHORIZED"


def test_a_changed_body_is_refused(signer: Signer) -> None:
    body = message_line(client_message_id="m-2").encode()
    assert signer.send_signed("POST", INGEST, body).json()["accepted"] == 1
    headers = sign_headers(signer.secret, "POST", INGEST, body, time.time() - 60)
    assert get_error(signer.send_request("POST", INGEST, body.replace(b"Hello", b"Hallo"), **headers)) == (
        401,
        "INVALID_SIGNATURE",
    )
    assert signer.send_request("POST", INGEST, body, **headers).json()["duplicates"] == 1


def test_a_signature_is_valid_for_one_method_and_one_path(signer: Signer) -> None:
    headers = sign_headers(signer.secret, "GET", LIST)
    for method, path in (("GET", f"{LIST}/unified"), ("HEAD", LIST), ("POST", LIST), ("GET", ERSAAL)):
        assert signer.send_request(method, path, **headers).status_code == 401
    assert signer.send_request("GET", f"{LIST}?page=2", **headers).status_code == 200


def test_a_signature_is_valid_for_one_key(signer: Signer, account: Account) -> None:
    other = Signer(account)
    assert other.secret != signer.secret
    assert get_error(other.send_request("GET", LIST, **sign_headers(signer.secret, "GET", LIST))) == (
        401,
        "INVALID_SIGNATURE",
    )


@pytest.mark.parametrize(
    ("headers", "failure"),
    [
        ({}, AuthFailure.NO_SIGNATURE),
        ({"X-Timestamp": "1770978600"}, AuthFailure.NO_SIGNATURE),
        ({"X-Signature": "0" * 64}, AuthFailure.NO_SIGNATURE),
        ({"X-Timestamp": "1770978600", "X-Signature": ""}, AuthFailure.NO_SIGNATURE),
        ({"X-Timestamp": "1770978600", "X-Signature": "0" * 64}, AuthFailure.UNTIMELY_SIGNATURE),
        ({"X-Timestamp": "2026-02-13T10:30:00Z", "X-Signature": "0" * 64}, AuthFailure.UNTIMELY_SIGNATURE),
    ],
)
def test_the_response_names_the_reason(signer: Signer, headers: dict[str, str], failure: AuthFailure) -> None:
    answer = signer.send_request("GET", LIST, **headers)
    assert (answer.status_code, answer.json()["description"]) == (401, failure.value)
    assert answer.json()["error_code"] == (
        "SIGNATURE_REQUIRED" if failure is AuthFailure.NO_SIGNATURE else "INVALID_SIGNATURE"
    )


def test_a_timestamp_may_be_five_minutes_off(signer: Signer) -> None:
    statuses = [signer.send_signed("GET", LIST, at=off).status_code for off in (-310, -290, 290, 310)]
    assert statuses == [401, 200, 200, 401]


def test_a_second_request_with_the_same_signature_is_a_replay(signer: Signer) -> None:
    """The query string is not signed, so another one makes no difference."""
    headers = sign_headers(signer.secret, "GET", LIST)
    assert signer.send_request("GET", LIST, **headers).status_code == 200
    again = signer.send_request("GET", f"{LIST}?page=2", **headers)
    assert (get_error(again), again.json()["description"]) == (
        (401, "INVALID_SIGNATURE"),
        AuthFailure.USED_SIGNATURE.value,
    )


def test_a_refused_signature_writes_nothing(signer: Signer) -> None:
    for answer in (
        signer.send_request("GET", LIST),
        signer.send_signed("GET", LIST, at=-600),
        signer.send_request(
            "POST", INGEST, message_line().encode(), **sign_headers("guessed", "POST", INGEST, message_line().encode())
        ),
    ):
        assert answer.status_code == 401
    assert not UsedSignature.objects.exists()
    assert not RequestCount.objects.exists()
    assert ApiKey.objects.get().last_used_at is None


def test_a_replay_does_not_count_towards_the_rate_limit(signer: Signer) -> None:
    headers = sign_headers(signer.secret, "GET", LIST)
    assert [signer.send_request("GET", LIST, **headers).status_code for _ in range(3)] == [200, 401, 401]
    assert RequestCount.objects.get().spent == 1


def test_a_request_over_the_rate_limit_uses_up_its_signature(signer: Signer, settings: Any) -> None:
    settings.RATE_LIMIT = 1
    headers = sign_headers(signer.secret, "GET", LIST, at=time.time() + 60)
    assert signer.send_signed("GET", LIST).status_code == 200
    assert [get_error(signer.send_request("GET", LIST, **headers))[0] for _ in range(2)] == [429, 401]


def test_a_key_created_under_a_former_secret_key_keeps_its_signing_secret(signer: Signer, settings: Any) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new " * 20, ["older", settings.SECRET_KEY]
    assert signer.send_signed("GET", LIST).status_code == 200


def test_the_database_contains_no_signing_secret(signer: Signer) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT k::text FROM accounts_apikey k")
        stored = cursor.fetchone()[0]
    secret = signer.secret.removeprefix("sk_sign_")
    assert not any(secret[start : start + 8] in stored for start in range(len(secret) - 7))


def test_a_gateway_with_a_key_that_requires_signatures_is_refused(signer: Signer) -> None:
    for address in (KANNEL, f"{KANNEL}?key={signer.key}"):
        assert get_error(CLIENT.get(address, headers={"X-API-Key": signer.key})) == (401, "SIGNATURE_REQUIRED")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert get_error(signer.send_request("POST", "/api/v1/gateways/jasmin", b"level=1", **form)) == (
        401,
        "SIGNATURE_REQUIRED",
    )


@pytest.mark.parametrize("path", ["/api/v1/sms/status/a%20b", "/api/v1/sms/status/a b"])
def test_a_path_may_be_signed_encoded_or_decoded(signer: Signer, path: str) -> None:
    load_lines([message_line(client_message_id="a b")])
    headers = sign_headers(signer.secret, "GET", path)
    assert signer.send_request("GET", "/api/v1/sms/status/a%20b", **headers).status_code == 200


def test_a_body_that_is_too_large_is_refused_before_its_signature(signer: Signer) -> None:
    assert get_error(signer.send_signed("POST", INGEST, b" " * (MAX_BODY_BYTES + 1))) == (413, "TOO_LARGE")
    assert not UsedSignature.objects.exists()


def test_a_signed_load_needs_a_free_slot_before_its_signature_is_checked(signer: Signer, account: Account) -> None:
    """A client without the signing secret occupies no more threads than any other client."""
    slots = [load_slots.acquire_slot(account.pk, 0) for _ in range(LOADS.max_running_per_account)]
    for slot in slots:
        slot.__enter__()
    try:
        assert get_error(signer.send_signed("POST", INGEST, message_line().encode())) == (503, "UNAVAILABLE")
    finally:
        for slot in slots:
            slot.__exit__(None, None, None)
    assert not UsedSignature.objects.exists()


def test_a_signature_costs_one_query(signer: Signer, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    signer.send_signed("GET", LIST)  # updates last_used_at
    with CaptureQueriesContext(connection) as queries:
        signer.send_signed("GET", LIST, at=60)
    ApiKey.objects.update(requires_signature=False)
    with django_assert_num_queries(len(queries) - 1):
        signer.send_request("GET", LIST)


def test_a_key_that_requires_no_signatures_ignores_the_headers(signer: Signer) -> None:
    ApiKey.objects.update(requires_signature=False)
    headers = {"X-Timestamp": "yesterday", "X-Signature": "mine"}
    assert [signer.send_request("GET", LIST, **headers).status_code for _ in range(2)] == [200, 200]
    assert not UsedSignature.objects.exists()
