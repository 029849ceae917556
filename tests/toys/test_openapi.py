"""The description of the API has the record, the list and the word of the source, and the paths of the dialect."""

import json
from typing import Any

import pytest
from drf_spectacular.validation import validate_schema

from broadcasts_app.models import Broadcast
from smsreports.accounts.models import Scope
from tests.conftest import CLIENT, ApiClient, create_api_client
from tests.openapi.schema_validation import Description
from tests.openapi.test_document import find_references
from tests.toys.conftest import ACME, TELECOM, UNIFIED
from tests.toys.traffic import whatsapp_record

pytestmark = pytest.mark.usefixtures("traffic")
# An address of each operation that a toy brings or takes part in, by the path in the description.
READ_URLS = {
    "/acme/messages": f"{ACME}/messages?limit=200",
    "/acme/messages/export": f"{ACME}/messages/export",
    "/acme/messages/{client_message_id}/state": f"{ACME}/messages/whatsapp-03/state",
    "/acme/totals": f"{ACME}/totals",
    "/acme/channels/messages": f"{ACME}/channels/messages?limit=200",
    "/acme/channels/broadcasts": f"{ACME}/channels/broadcasts",
    "/acme/channels/broadcasts/{broadcast}/sends": f"{ACME}/channels/broadcasts/<broadcast>/sends",
    "/acme/channels/whatsapp": f"{ACME}/channels/whatsapp?limit=200",
    "/api/v1/sms/whatsapp": f"{TELECOM}/whatsapp?to=9999-12-31&limit=100",
    "/api/v1/sms/messages/unified": f"{UNIFIED}?to=9999-12-31&limit=100",
    "/api/v1/sms/messages/unified/export": f"{UNIFIED}/export?to=9999-12-31&format=ndjson",
    "/api/v1/sms/status/{client_message_id}": f"{TELECOM}/status/whatsapp-03",
    "/api/sms/messages": "/api/sms/messages?source=whatsapp",
}
TOY_PATHS = [path for path in READ_URLS if path.startswith("/acme") or path.endswith("whatsapp")]


@pytest.fixture(scope="module")
def description() -> Description:
    return Description(CLIENT.get("/api/schema").json())


@pytest.fixture
def api_client(db: None) -> ApiClient:
    return create_api_client("acme", *Scope)


def build_url(path: str) -> str:
    """Return the address to read at the path, with the id of a broadcast of acme where it needs one."""
    return READ_URLS[path].replace("<broadcast>", str(Broadcast.unscoped.filter(account__name="acme").get().pk))


def list_enums(description: Description, parameter: str) -> set[tuple[str, ...]]:
    """Return the values of every parameter of this name."""
    parameters = [each for _, _, operation in description.operations() for each in operation.get("parameters", ())]
    return {tuple(each["schema"]["enum"]) for each in parameters if each["name"] == parameter}


def test_it_is_valid_and_complete(description: Description) -> None:
    validate_schema(description.document)
    assert all(description.resolve({"$ref": name}) for name in find_references(description.document))


def test_it_has_the_paths_of_the_toys_and_no_others(description: Description) -> None:
    paths = [path for path, _, _ in description.operations() if "acme" in path or "whatsapp" in path]
    assert sorted(paths) == sorted(TOY_PATHS)


def test_it_has_the_word_of_the_source_wherever_a_source_is_chosen(description: Description) -> None:
    words = ("api", "broadcasts", "whatsapp", "all")
    assert list_enums(description, "source") == list_enums(description, "channel") == {words}
    for name, key in (("UnifiedRow", "source"), ("AcmeUnifiedRow", "channel")):
        row = description.document["components"]["schemas"][name]
        assert row["properties"][key]["enum"] == ["api", "campaign", "whatsapp"]


def test_its_row_has_the_column_of_the_source(description: Description) -> None:
    schemas = description.document["components"]["schemas"]
    assert schemas["WhatsAppMessage"]["properties"]["template"]["type"] == ["string", "null"]
    assert "message" in schemas["WhatsAppMessage"]["properties"]
    assert "body" in schemas["AcmeWhatsAppMessage"]["properties"]


@pytest.mark.parametrize(
    ("fields", "is_valid"),
    [
        ({}, True),
        ({"template": "hello", "status": "DELIVRD", "delivered_at": "2026-02-13T12:00:00Z"}, True),
        ({"delivered_at": "2026-02-13T12:00:00Z"}, False),
        ({"template": 1}, False),
        ({"broadcast": "promo"}, False),
        ({"recipient": None}, False),
    ],
)
def test_a_record_is_valid_as_ingest_takes_it(
    description: Description, api_client: ApiClient, fields: dict[str, Any], is_valid: bool
) -> None:
    record = whatsapp_record(client_message_id="w-valid") | fields
    assert description.is_valid({"$ref": "#/components/schemas/TrafficRecord"}, record) == is_valid
    answer = api_client.post("/api/v1/ingest", json.dumps(record).encode())
    assert (answer.json()["rejected"] == []) == is_valid


@pytest.mark.parametrize("path", READ_URLS)
def test_responses_are_as_described(description: Description, api_client: ApiClient, path: str) -> None:
    url = build_url(path)
    answer = api_client.request("GET", url)
    assert answer.status_code == 200
    description.check_response("GET", url.split("?")[0], answer)


@pytest.mark.parametrize("path", TOY_PATHS)
def test_refusals_are_as_described(description: Description, api_client: ApiClient, path: str) -> None:
    url = build_url(path).split("?")[0]
    for answer, status in (
        (CLIENT.get(url), 401),
        (create_api_client("acme", Scope.WRITE).request("GET", url), 403),
        # A status reads no query.
        (api_client.request("GET", f"{url}?%ff=1"), 200 if url.endswith("/state") else 400),
        (api_client.request("GET", url, Accept="image/png"), 406),
    ):
        assert answer.status_code == status
        description.check_response("GET", url, answer)


def test_a_throttled_request_is_as_described(description: Description, api_client: ApiClient, settings: Any) -> None:
    settings.RATE_LIMIT = 1
    url = f"{ACME}/messages"
    answers = [api_client.get(url) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
    for answer in answers:
        description.check_response("GET", url, answer)
