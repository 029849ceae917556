"""Callback endpoint: behaviour that all gateways share."""

from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from smsreports.accounts.models import Account, ApiKey, Scope
from smsreports.concurrency.limits import LOADS
from smsreports.concurrency.slots import load_slots
from smsreports.ingest.gateways import load_gateways
from smsreports.ingest.gateways.views import MAX_CALLBACK_BYTES, GatewayViewSet
from tests.conftest import CLIENT, ApiClient, create_api_client
from tests.ingest.gateways.conftest import FORM, Call, Caller, parse_error, stored_message

# A callback of each gateway about the message m-1.
CALLS: dict[str, Call] = {
    "jasmin": {"client_message_id": "m-1", "id": "j-1", "level": "1", "message_status": "ESME_ROK"},
    "kannel": {"client_message_id": "m-1", "type": "1", "at": "1770984120", "text": ""},
}


@pytest.fixture(params=CALLS)
def gateway(request: pytest.FixtureRequest, sent: None) -> Iterator[tuple[Caller, Call]]:
    yield Caller(request.param), CALLS[request.param]


def basic_credentials(user: str, password: str) -> str:
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


def test_every_gateway_is_tested() -> None:
    assert set(load_gateways()) == set(CALLS)


def test_a_callback_changes_the_status(gateway: tuple[Caller, Call]) -> None:
    caller, call = gateway
    answer = caller.get(call)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/plain")
    assert stored_message()["status"] != "pending"


@pytest.mark.parametrize("accept", ["text/plain", "*/*", "application/json", ""])
def test_any_accept_header_is_allowed(gateway: tuple[Caller, Call], accept: str) -> None:
    """Jasmin sends text/plain."""
    caller, call = gateway
    answer = CLIENT.get(caller.address, {**call, "key": caller.key}, headers={"Accept": accept})
    assert answer.status_code == 200


class TestKey:
    def build_headers(self, key: str) -> list[dict[str, str]]:
        return [
            {"X-API-Key": key},
            {"Authorization": basic_credentials("any", key)},
            {"Authorization": basic_credentials("", key)},
        ]

    def test_the_key_may_be_in_a_header_or_in_the_url(self, gateway: tuple[Caller, Call]) -> None:
        caller, call = gateway
        answers = [CLIENT.get(caller.address, call, headers=headers) for headers in self.build_headers(caller.key)]
        answers.append(CLIENT.get(caller.address, {**call, "key": caller.key}))
        assert [answer.status_code for answer in answers] == [200] * 4

    def test_a_call_without_a_key_gets_a_401_for_any_gateway(self, gateway: tuple[Caller, Call]) -> None:
        caller, call = gateway
        for address in (caller.address, "/api/v1/gateways/nobody"):
            answer = CLIENT.get(address, call)
            assert parse_error(answer)[:2] == (401, "UNAUTHORIZED")
            assert answer["WWW-Authenticate"] == 'Basic realm="smsreports"'
        assert stored_message()["status"] == "pending"

    @pytest.mark.parametrize(
        "headers",
        [
            {"Authorization": "Basic"},
            {"Authorization": "Basic !"},
            {"Authorization": "Basic " + b64encode(b"no colon").decode()},
            {"Authorization": "Basic " + b64encode(b"\xff:\xff").decode()},
            {"Authorization": "Bearer sk_prod_x"},
            {"X-API-Key": "sk_prod_x"},
        ],
    )
    def test_invalid_credentials_are_rejected(self, sent: None, headers: dict[str, str]) -> None:
        assert parse_error(CLIENT.get("/api/v1/gateways/kannel", CALLS["kannel"], headers=headers))[0] == 401

    @pytest.mark.parametrize("key", ["%ff", "%00", "%D9%A3", "x" * 4000, "", "sk_prod_x"])
    def test_an_invalid_key_in_the_url_is_rejected(self, sent: None, key: str) -> None:
        assert parse_error(CLIENT.get(f"/api/v1/gateways/kannel?key={key}"))[0] == 401

    def test_the_key_needs_write_scope(self, owner: ApiClient) -> None:
        assert parse_error(owner.get("/api/v1/gateways/kannel"))[:2] == (403, "FORBIDDEN")

    def test_the_key_may_be_restricted_to_networks(self, gateway: tuple[Caller, Call]) -> None:
        caller, call = gateway
        ApiKey.objects.update(allowed_networks=["10.0.5.0/24"])
        assert parse_error(caller.get(call))[:2] == (401, "IP_NOT_ALLOWED")
        answer = CLIENT.get(caller.address, {**call, "key": caller.key}, REMOTE_ADDR="10.0.5.7")
        assert answer.status_code == 200

    def test_a_key_changes_messages_of_its_own_account_only(self, gateway: tuple[Caller, Call]) -> None:
        caller, call = gateway
        other_key = create_api_client("globex", Scope.WRITE).key
        assert CLIENT.get(caller.address, {**call, "key": other_key}).status_code == 200
        assert stored_message()["status"] == "pending"


@pytest.mark.parametrize("name", ["nobody", "Jasmin", "base", "views", "smpp", "__init__", "%00", "%ff", "jasmin/"])
def test_an_unknown_gateway_is_not_found(writer: ApiClient, name: str) -> None:
    assert parse_error(writer.get(f"/api/v1/gateways/{name}"))[:2] == (404, "NOT_FOUND")


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_are_not_allowed(gateway: tuple[Caller, Call], method: str) -> None:
    caller, call = gateway
    query = "&".join(f"{name}={value}" for name, value in {**call, "key": caller.key}.items())
    assert CLIENT.generic(method, f"{caller.address}?{query}").status_code == 405
    assert stored_message()["status"] == "pending"


class TestForm:
    def test_another_media_type_is_rejected(self, writer: ApiClient) -> None:
        answer = writer.post("/api/v1/gateways/jasmin", b"{}", "application/json")
        assert parse_error(answer)[:2] == (415, "UNSUPPORTED_MEDIA_TYPE")

    def test_a_form_that_is_too_large_is_rejected(self, writer: ApiClient) -> None:
        answer = writer.post("/api/v1/gateways/jasmin", b"text=" + b"x" * MAX_CALLBACK_BYTES, FORM)
        assert parse_error(answer)[:2] == (413, "TOO_LARGE")

    @pytest.mark.parametrize("form", [b"", b"&&&", b"=", b"\xff=\xff", b"%ff=%00", b"level", b"&".join([b"a=1"] * 101)])
    def test_a_form_without_valid_parameters_is_rejected(self, writer: ApiClient, form: bytes) -> None:
        assert parse_error(writer.post("/api/v1/gateways/jasmin", form, FORM))[:2] == (400, "INVALID_PARAMS")


def test_a_callback_waits_for_a_slot_for_a_limited_time(
    gateway: tuple[Caller, Call], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(GatewayViewSet, "max_wait_seconds", 0.1)
    caller, call = gateway
    account: Any = Account.objects.get(name="acme").pk
    with ExitStack() as stack:
        for _ in range(LOADS.max_running_per_account):
            stack.enter_context(load_slots.acquire_slot(account, 0))
        answer = caller.get(call)
        assert parse_error(answer)[:2] == (503, "UNAVAILABLE")
        assert int(answer["Retry-After"]) > 0
    assert caller.get(call).status_code == 200
