"""What all gateways have in common: their address, their keys, their faults."""

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
from tests.conftest import CLIENT, Person, person
from tests.ingest.gateways.conftest import FORM, Call, Caller, refused, stored

# What each gateway says of the message m-1, named by the sender's own id.
CALLS: dict[str, Call] = {
    "jasmin": {"client_message_id": "m-1", "id": "j-1", "level": "1", "message_status": "ESME_ROK"},
    "kannel": {"client_message_id": "m-1", "type": "1", "at": "1770984120", "text": ""},
}


@pytest.fixture(params=CALLS)
def gateway(request: pytest.FixtureRequest, sent: None) -> Iterator[tuple[Caller, Call]]:
    yield Caller(request.param), CALLS[request.param]


def basic(user: str, password: str) -> str:
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


def test_every_gateway_is_tested() -> None:
    assert set(load_gateways()) == set(CALLS)


def test_a_callback_is_a_receipt(gateway: tuple[Caller, Call]) -> None:
    caller, call = gateway
    answer = caller.get(call)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/plain")
    assert stored()["status"] != "pending"


@pytest.mark.parametrize("accept", ["text/plain", "*/*", "application/json", ""])
def test_it_takes_what_the_gateways_take(gateway: tuple[Caller, Call], accept: str) -> None:
    """Jasmin asks for text/plain."""
    caller, call = gateway
    answer = CLIENT.get(caller.address, {**call, "key": caller.key}, headers={"Accept": accept})
    assert answer.status_code == 200


class TestKey:
    def headers(self, key: str) -> list[dict[str, str]]:
        return [{"X-API-Key": key}, {"Authorization": basic("any", key)}, {"Authorization": basic("", key)}]

    def test_it_stands_in_a_header_or_in_the_address(self, gateway: tuple[Caller, Call]) -> None:
        caller, call = gateway
        answers = [CLIENT.get(caller.address, call, headers=each) for each in self.headers(caller.key)]
        answers.append(CLIENT.get(caller.address, {**call, "key": caller.key}))
        assert [answer.status_code for answer in answers] == [200] * 4

    def test_without_one_nothing_is_said_of_gateways(self, gateway: tuple[Caller, Call]) -> None:
        caller, call = gateway
        for address in (caller.address, "/api/v1/gateways/nobody"):
            answer = CLIENT.get(address, call)
            assert refused(answer)[:2] == (401, "UNAUTHORIZED")
            assert answer["WWW-Authenticate"] == 'Basic realm="smsreports"'
        assert stored()["status"] == "pending"

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
    def test_credentials_that_are_none_are_refused(self, sent: None, headers: dict[str, str]) -> None:
        assert refused(CLIENT.get("/api/v1/gateways/kannel", CALLS["kannel"], headers=headers))[0] == 401

    @pytest.mark.parametrize("key", ["%ff", "%00", "%D9%A3", "x" * 4000, "", "sk_prod_x"])
    def test_a_key_in_the_address_that_is_none_is_refused(self, sent: None, key: str) -> None:
        assert refused(CLIENT.get(f"/api/v1/gateways/kannel?key={key}"))[0] == 401

    def test_it_must_be_allowed_to_write(self, owner: Person) -> None:
        assert refused(owner.get("/api/v1/gateways/kannel"))[:2] == (403, "FORBIDDEN")

    def test_it_may_be_bound_to_the_gateways_network(self, gateway: tuple[Caller, Call]) -> None:
        caller, call = gateway
        ApiKey.objects.update(allowed_networks=["10.0.5.0/24"])
        assert refused(caller.get(call))[:2] == (401, "IP_NOT_ALLOWED")
        near = CLIENT.get(caller.address, {**call, "key": caller.key}, REMOTE_ADDR="10.0.5.7")
        assert near.status_code == 200

    def test_it_reaches_its_own_accounts_messages_alone(self, gateway: tuple[Caller, Call]) -> None:
        caller, call = gateway
        theirs = person("globex", Scope.WRITE).key
        assert CLIENT.get(caller.address, {**call, "key": theirs}).status_code == 200
        assert stored()["status"] == "pending"


@pytest.mark.parametrize("name", ["nobody", "Jasmin", "base", "views", "smpp", "__init__", "%00", "%ff", "jasmin/"])
def test_a_gateway_that_does_not_exist_is_not_found(writer: Person, name: str) -> None:
    assert refused(writer.get(f"/api/v1/gateways/{name}"))[:2] == (404, "NOT_FOUND")


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "OPTIONS"])
def test_a_method_that_no_gateway_uses_changes_nothing(gateway: tuple[Caller, Call], method: str) -> None:
    caller, call = gateway
    query = "&".join(f"{name}={value}" for name, value in {**call, "key": caller.key}.items())
    assert CLIENT.generic(method, f"{caller.address}?{query}").status_code == 405
    assert stored()["status"] == "pending"


class TestForm:
    def test_another_type_is_refused(self, writer: Person) -> None:
        answer = writer.post("/api/v1/gateways/jasmin", b"{}", "application/json")
        assert refused(answer)[:2] == (415, "UNSUPPORTED_MEDIA_TYPE")

    def test_one_that_is_too_large_is_refused(self, writer: Person) -> None:
        answer = writer.post("/api/v1/gateways/jasmin", b"text=" + b"x" * MAX_CALLBACK_BYTES, FORM)
        assert refused(answer)[:2] == (413, "TOO_LARGE")

    @pytest.mark.parametrize("form", [b"", b"&&&", b"=", b"\xff=\xff", b"%ff=%00", b"level", b"&".join([b"a=1"] * 101)])
    def test_one_that_says_nothing_is_refused(self, writer: Person, form: bytes) -> None:
        assert refused(writer.post("/api/v1/gateways/jasmin", form, FORM))[:2] == (400, "INVALID_PARAMS")


def test_a_burst_waits_only_so_long_for_its_turn(gateway: tuple[Caller, Call], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GatewayViewSet, "max_wait_seconds", 0.1)
    caller, call = gateway
    account: Any = Account.objects.get(name="acme").pk
    with ExitStack() as held:
        for _ in range(LOADS.max_running_per_account):
            held.enter_context(load_slots.acquire_slot(account, 0))
        answer = caller.get(call)
        assert refused(answer)[:2] == (503, "UNAVAILABLE")
        assert int(answer["Retry-After"]) > 0
    assert caller.get(call).status_code == 200
