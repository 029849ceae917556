"""Parameters are parsed as the document describes them: it accepts what is allowed and rejects what is not."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from smsreports.accounts.models import Scope
from smsreports.ingest.gateways import load_gateways
from smsreports.queries.query_string import MAX_BIGINT
from tests.conftest import CLIENT, DAY, ApiClient, create_api_client
from tests.contracts.endpoints import EndpointContract
from tests.openapi.endpoints import list_contracts, loads_traffic
from tests.openapi.schema_validation import Description, Json

pytestmark = pytest.mark.usefixtures("traffic")
read_contracts = pytest.mark.parametrize(
    "contract",
    [contract for contract in list_contracts() if not loads_traffic(contract)],
    ids=lambda contract: contract.name,
)
# Values of all kinds. The document tells which of them a parameter accepts.
WORDS = (
    "odd",
    "",
    "Delivered",
    "US",
    "us",
    "USA",
    "U1",
    "2026-02-13",
    "2026-2-13",
    "13.02.2026",
    "7d",
    "8d",
    "api",
    "all",
)
NUMBERS = ("0", "1", "25", "100", "101", "-1", "1.0", "1e2", str(MAX_BIGINT), str(MAX_BIGINT + 1))
PHONES = ("4155", "+1 (415) 555-12", "()", "1" * 15, "1" * 16, "4x5", "+[1]/5\\.{5}", "++1", "1+1", "00" + "1" * 15)
# Empty values have a test of their own in this dialect.
EMPTY_IS_ABSENT = "/api/sms/"
CANDIDATES = (*WORDS, *NUMBERS, *PHONES, "csv", "ndjson", "xlsx", "excel", "strict", "sent", "broadcasts")


def list_parameters(description: Description, contract: type[EndpointContract]) -> Iterator[tuple[str, Json]]:
    for parameter in description.operation("GET", contract.path).get("parameters", ()):
        if parameter["in"] == "query":
            yield parameter["name"], description.resolve(parameter["schema"])


def parse_value(text: str, schema: Json) -> Any:
    """Return a value of the query string in the type of its schema."""
    if schema["type"] != "integer":
        return text
    return int(text) if text.isdecimal() else text


# A list's first page of one row.
FIRST_ROW = {"to": "9999-12-31", "limit": "1", "per_page": "1"}


@read_contracts
def test_a_value_is_accepted_if_and_only_if_its_schema_allows_it(
    description: Description, owner: ApiClient, contract: type[EndpointContract]
) -> None:
    for name, schema in list_parameters(description, contract):
        if schema.get("format") == "cursor":
            continue
        for text in CANDIDATES:
            if text == "" and EMPTY_IS_ABSENT in contract.path:
                continue
            accepted = (
                owner.request("HEAD", f"{contract().prepare_path(owner)}?{urlencode({name: text})}").status_code == 200
            )
            assert accepted == description.is_valid(schema, parse_value(text, schema)), (name, text)


@read_contracts
def test_every_documented_parameter_is_parsed(
    description: Description, owner: ApiClient, contract: type[EndpointContract]
) -> None:
    """Unknown parameters are ignored, even if they are given twice. Known ones are not."""
    for name, _ in list_parameters(description, contract):
        assert owner.request("GET", f"{contract().prepare_path(owner)}?{name}=1&{name}=1").status_code == 400, name


@read_contracts
def test_only_a_cursor_from_a_link_is_accepted(
    description: Description, owner: ApiClient, contract: type[EndpointContract]
) -> None:
    if "cursor" in dict(list_parameters(description, contract)):
        assert owner.get(contract().prepare_path(owner), {"cursor": "made-up"}).status_code == 400
        page = owner.get(contract().prepare_path(owner), FIRST_ROW)
        if "Link" in page.headers:
            next_link = next(part for part in page["Link"].split(", ") if 'rel="next"' in part)
            assert owner.request("GET", next_link[1:].split(">")[0]).status_code == 200


@read_contracts
def test_a_documented_default_equals_leaving_the_parameter_out(
    description: Description, owner: ApiClient, contract: type[EndpointContract]
) -> None:
    bare = owner.get(contract().prepare_path(owner))
    for name, schema in list_parameters(description, contract):
        if "default" in schema:
            explicit = owner.get(contract().prepare_path(owner), {name: str(schema["default"])})
            assert explicit.status_code == bare.status_code
            assert read_content(explicit) == read_content(bare), name


@pytest.mark.parametrize("params", ["", f"from={DAY}&to={DAY}", f"from={DAY}", "period=30d", "cursor"])
@pytest.mark.parametrize("contract", list_contracts(), ids=lambda contract: contract.name)
def test_sending_every_default_equals_sending_none(
    description: Description, db: None, contract: type[EndpointContract], params: str
) -> None:
    """Generated clients and the API page send defaults along with other parameters."""
    api_client, instance = create_api_client("acme", *Scope), contract()
    for method in contract.methods - {"HEAD"}:
        documented = description.operation(method, contract.path)["parameters"]
        names = {parameter["name"] for parameter in documented}
        if not {part.partition("=")[0] for part in params.split("&") if part} <= names:
            continue
        defaults = {
            parameter["name"]: str(parameter["schema"]["default"])
            for parameter in documented
            if "default" in parameter["schema"]
        }
        if loads_traffic(contract):
            assert defaults == {}
            assert contract.report_delivery(instance, api_client).status_code == 200  # type: ignore[attr-defined]
            continue
        query = f"cursor={get_cursor(api_client, contract)}" if params == "cursor" else params
        bare, full = (
            api_client.request(method, f"{instance.prepare_path(api_client)}?{query}&{urlencode(added)}")
            for added in ({}, defaults)
        )
        assert (bare.status_code, full.status_code) == (200, 200), full.content
        if defaults:
            assert read_content(full) == read_content(bare)


def get_cursor(api_client: ApiClient, contract: type[EndpointContract]) -> str:
    """Return the cursor of a list's second page, from its `Link` header."""
    header: str = api_client.get(contract().prepare_path(api_client), FIRST_ROW)["Link"]
    return next(part for part in header.split(", ") if "next" in part).split("cursor=")[1].split(">")[0]


@pytest.mark.parametrize("name", ["page", "per_page", "cursor", "from", "to", "source"])
def test_an_empty_parameter_equals_an_absent_one_in_this_dialect(
    description: Description, owner: ApiClient, name: str
) -> None:
    path = "/api/sms/messages"
    assert name in {parameter["name"] for parameter in description.operation("GET", path)["parameters"]}
    empty, absent = owner.request("GET", f"{path}?{name}="), owner.request("GET", path)
    assert empty.status_code == 200
    assert empty.json() == absent.json()


def read_content(answer: Any) -> Any:
    """Return the body, or its summary if there is one: the links in such a body repeat the parameters."""
    if answer["Content-Type"] != "application/json":
        return answer.body
    body = answer.json()
    return body.get("summary", body)


@pytest.mark.parametrize(
    ("gateway", "valid"),
    [
        ("kannel", {"client_message_id": "m-1", "type": "1", "at": "1770984000", "text": "any"}),
        ("jasmin", {"client_message_id": "m-1", "level": "2", "message_status": "DELIVRD", "err": "000", "tz": "UTC"}),
    ],
)
def test_documented_gateway_parameters_are_parsed(
    description: Description, writer: ApiClient, gateway: str, valid: dict[str, str]
) -> None:
    path = f"/api/v1/gateways/{gateway}"
    documented = {parameter["name"] for parameter in description.operation("GET", path)["parameters"]}
    assert set(valid) <= documented
    assert writer.get(path, valid).status_code == 200
    for parameter in load_gateways()[gateway].parameters:
        assert parameter.name in documented
        for text in ("odd!", "1"):
            if parameter.name in valid and not description.is_valid(parameter.schema, text):
                assert writer.get(path, valid | {parameter.name: text}).status_code == 400, (parameter.name, text)


@pytest.mark.parametrize(
    ("gateway", "valid"),
    [
        ("kannel", {"message_id": "c-1", "type": "1", "at": "1770984000"}),
        ("jasmin", {"id": "c-1", "level": "2", "message_status": "DELIVRD"}),
    ],
)
def test_a_gateway_accepts_other_gateways_parameters_only_as_documented(
    description: Description, writer: ApiClient, gateway: str, valid: dict[str, str]
) -> None:
    """One operation describes all gateways, so each must reject what the operation does not allow."""
    path = f"/api/v1/gateways/{gateway}"
    for method in ("GET", "POST"):
        operation = description.operation(method, path)
        body = operation.get("requestBody", {"content": {}})["content"]
        fields = {name: schema for content in body.values() for name, schema in content["schema"]["properties"].items()}
        schemas = fields | {
            parameter["name"]: parameter["schema"]
            for parameter in operation["parameters"]
            if parameter["in"] == "query"
        }
        assert set(valid) <= set(schemas)
        for name in set(schemas) - set(valid):
            for text in ("", "odd!", "x" * 129) if name != "tz" else ("",):
                if writer.get(path, valid | {name: text}).status_code == 200:
                    assert description.is_valid(schemas[name], text), (method, name, text)


def test_every_security_scheme_accepts_a_key(description: Description, owner: ApiClient, writer: ApiClient) -> None:
    """Send the key in each place that the document names."""
    schemes = description.document["components"]["securitySchemes"]
    requests = {
        "ApiKey": ("/api/v1/sms/messages", {"X-API-Key": owner.key}),
        "Bearer": ("/api/sms/messages", {"Authorization": f"Bearer {owner.key}"}),
    }
    assert schemes["ApiKey"]["name"] == "X-API-Key"
    for path, headers in requests.values():
        assert CLIENT.get(path, headers=headers).status_code == 200
    for path, method, operation in description.operations():
        assert {name for requirement in operation["security"] for name in requirement} <= set(schemes), (path, method)
