"""Keys that demand signed requests: who is let in, what it costs, and what a refused request leaves behind."""

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
from tests.conftest import CLIENT, load, message
from tests.recipe import signed

LIST, DOOR, KANNEL = "/api/v1/sms/messages", "/api/v1/ingest", "/api/v1/gateways/kannel"
ERSAAL = "/api/sms/messages"
NDJSON = {"Content-Type": "application/x-ndjson"}


class Signer:
    """Somebody whose key of acme demands signatures."""

    def __init__(self, account: Account) -> None:
        row = ApiKey(account=account, scopes=Scope.values, requires_signature=True)
        self.key, self.secret = credentials_to_show(row, save_new_key(row))
        self.row = row

    def ask(self, method: str, path: str, body: bytes = b"", /, **headers: str) -> Any:
        credentials = {"X-API-Key": self.key, "Authorization": f"Bearer {self.key}"}
        return CLIENT.generic(method, path, body, headers=NDJSON | credentials | headers)

    def signed(self, method: str, path: str, body: bytes = b"", /, at: float = 0, **headers: str) -> Any:
        """`at` is the second's distance from now."""
        named = signed(self.secret, method, path.partition("?")[0], body, time.time() + at)
        return self.ask(method, path, body, **named, **headers)


@pytest.fixture
def signer(account: Account) -> Signer:
    load([message()])
    return Signer(account)


def code(answer: Any) -> tuple[int, str]:
    body = answer.json()
    return answer.status_code, body.get("error_code", "")


def total(answer: Any) -> int:
    assert answer.status_code == 200, answer.content
    return int(answer.json()["total"])


def test_a_signed_request_is_answered(signer: Signer) -> None:
    assert total(signer.signed("GET", f"{LIST}?to=9999-12-31")) == 1


def test_a_head_request_is_signed_as_what_it_is(signer: Signer) -> None:
    as_get = signed(signer.secret, "GET", LIST)
    assert signer.ask("HEAD", LIST, **as_get).status_code == 401
    assert signer.signed("HEAD", LIST).status_code == 200


def test_the_other_dialect_takes_the_same_two_headers(signer: Signer) -> None:
    assert signer.ask("GET", ERSAAL).json() == {"message": "Unauthenticated.", "code": "UNAUTHORIZED", "details": {}}
    assert signer.signed("GET", ERSAAL).status_code == 200
    assert signer.signed("GET", ERSAAL, at=301).json()["code"] == "UNAUTHORIZED"


def test_records_are_loaded_and_a_changed_body_is_not(signer: Signer) -> None:
    body = message(client_message_id="m-2").encode()
    assert signer.signed("POST", DOOR, body).json()["accepted"] == 1
    named = signed(signer.secret, "POST", DOOR, body, time.time() - 60)
    assert code(signer.ask("POST", DOOR, body.replace(b"Hello", b"Hallo"), **named)) == (401, "INVALID_SIGNATURE")
    assert signer.ask("POST", DOOR, body, **named).json()["duplicates"] == 1


def test_a_signature_is_of_one_method_and_one_address(signer: Signer) -> None:
    named = signed(signer.secret, "GET", LIST)
    for method, path in (("GET", f"{LIST}/unified"), ("HEAD", LIST), ("POST", LIST), ("GET", ERSAAL)):
        assert signer.ask(method, path, **named).status_code == 401
    assert signer.ask("GET", f"{LIST}?page=2", **named).status_code == 200


def test_a_signature_is_of_one_key(signer: Signer, account: Account) -> None:
    other = Signer(account)
    assert other.secret != signer.secret
    assert code(other.ask("GET", LIST, **signed(signer.secret, "GET", LIST))) == (401, "INVALID_SIGNATURE")


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({}, AuthFailure.NO_SIGNATURE),
        ({"X-Timestamp": "1770978600"}, AuthFailure.NO_SIGNATURE),
        ({"X-Signature": "0" * 64}, AuthFailure.NO_SIGNATURE),
        ({"X-Timestamp": "1770978600", "X-Signature": ""}, AuthFailure.NO_SIGNATURE),
        ({"X-Timestamp": "1770978600", "X-Signature": "0" * 64}, AuthFailure.UNTIMELY_SIGNATURE),
        ({"X-Timestamp": "2026-02-13T10:30:00Z", "X-Signature": "0" * 64}, AuthFailure.UNTIMELY_SIGNATURE),
    ],
)
def test_what_is_wrong_is_told(signer: Signer, headers: dict[str, str], said: AuthFailure) -> None:
    answer = signer.ask("GET", LIST, **headers)
    assert (answer.status_code, answer.json()["description"]) == (401, said.value)
    assert answer.json()["error_code"] == (
        "SIGNATURE_REQUIRED" if said is AuthFailure.NO_SIGNATURE else "INVALID_SIGNATURE"
    )


def test_five_minutes_are_allowed_and_not_more(signer: Signer) -> None:
    statuses = [signer.signed("GET", LIST, at=off).status_code for off in (-310, -290, 290, 310)]
    assert statuses == [401, 200, 200, 401]


def test_the_second_of_one_second_is_a_replay(signer: Signer) -> None:
    """Also with another query, which is not signed."""
    named = signed(signer.secret, "GET", LIST)
    assert signer.ask("GET", LIST, **named).status_code == 200
    again = signer.ask("GET", f"{LIST}?page=2", **named)
    assert (code(again), again.json()["description"]) == ((401, "INVALID_SIGNATURE"), AuthFailure.USED_SIGNATURE.value)


def test_a_refused_signature_leaves_nothing_behind(signer: Signer) -> None:
    for answer in (
        signer.ask("GET", LIST),
        signer.signed("GET", LIST, at=-600),
        signer.ask("POST", DOOR, message().encode(), **signed("guessed", "POST", DOOR, message().encode())),
    ):
        assert answer.status_code == 401
    assert not UsedSignature.objects.exists()
    assert not RequestCount.objects.exists()
    assert ApiKey.objects.get().last_used_at is None


def test_a_replay_is_not_counted(signer: Signer) -> None:
    named = signed(signer.secret, "GET", LIST)
    assert [signer.ask("GET", LIST, **named).status_code for _ in range(3)] == [200, 401, 401]
    assert RequestCount.objects.get().spent == 1


def test_what_is_over_the_limit_is_used_up(signer: Signer, settings: Any) -> None:
    settings.RATE_LIMIT = 1
    named = signed(signer.secret, "GET", LIST, at=time.time() + 60)
    assert signer.signed("GET", LIST).status_code == 200
    assert [code(signer.ask("GET", LIST, **named))[0] for _ in range(2)] == [429, 401]


def test_a_key_of_a_former_secret_key_signs_with_what_was_shown_then(signer: Signer, settings: Any) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new " * 20, ["older", settings.SECRET_KEY]
    assert signer.signed("GET", LIST).status_code == 200


def test_a_stolen_database_holds_no_secret(signer: Signer) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT k::text FROM accounts_apikey k")
        stored = cursor.fetchone()[0]
    secret = signer.secret.removeprefix("sk_sign_")
    assert not any(secret[start : start + 8] in stored for start in range(len(secret) - 7))


def test_a_gateway_cannot_sign_and_is_refused(signer: Signer) -> None:
    for address in (KANNEL, f"{KANNEL}?key={signer.key}"):
        assert code(CLIENT.get(address, headers={"X-API-Key": signer.key})) == (401, "SIGNATURE_REQUIRED")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert code(signer.ask("POST", "/api/v1/gateways/jasmin", b"level=1", **form)) == (401, "SIGNATURE_REQUIRED")


@pytest.mark.parametrize("path", ["/api/v1/sms/status/a%20b", "/api/v1/sms/status/a b"])
def test_a_path_is_signed_as_it_is_sent_or_as_it_is_meant(signer: Signer, path: str) -> None:
    load([message(client_message_id="a b")])
    named = signed(signer.secret, "GET", path)
    assert signer.ask("GET", "/api/v1/sms/status/a%20b", **named).status_code == 200


def test_a_body_that_is_too_large_is_refused_before_its_signature(signer: Signer) -> None:
    assert code(signer.signed("POST", DOOR, b" " * (MAX_BODY_BYTES + 1))) == (413, "TOO_LARGE")
    assert not UsedSignature.objects.exists()


def test_bodies_wait_for_their_verdict_in_places(signer: Signer, account: Account) -> None:
    """A key without its secret keeps no more threads busy than one that needs none."""
    held = [load_slots.acquire_slot(account.pk, 0) for _ in range(LOADS.max_running_per_account)]
    for place in held:
        place.__enter__()
    try:
        assert code(signer.signed("POST", DOOR, message().encode())) == (503, "UNAVAILABLE")
    finally:
        for place in held:
            place.__exit__(None, None, None)
    assert not UsedSignature.objects.exists()


def test_a_signature_costs_one_statement_and_a_key_without_none(
    signer: Signer, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    signer.signed("GET", LIST)  # notes the key's use
    with CaptureQueriesContext(connection) as with_one:
        signer.signed("GET", LIST, at=60)
    ApiKey.objects.update(requires_signature=False)
    with django_assert_num_queries(len(with_one) - 1):
        signer.ask("GET", LIST)


def test_a_key_that_demands_none_ignores_the_headers(signer: Signer) -> None:
    ApiKey.objects.update(requires_signature=False)
    odd = {"X-Timestamp": "yesterday", "X-Signature": "mine"}
    assert [signer.ask("GET", LIST, **odd).status_code for _ in range(2)] == [200, 200]
    assert not UsedSignature.objects.exists()
