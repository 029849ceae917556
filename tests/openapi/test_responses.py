"""All responses match the document: to valid, invalid, unauthorized, throttled and oversized requests."""

from typing import Any

import pytest
import requests
from rest_framework.exceptions import APIException, NotAuthenticated

from smsreports.accounts.keys import AuthFailure
from smsreports.accounts.models import Scope
from smsreports.api.errors import get_dialects
from smsreports.dialects.base import Dialect
from smsreports.exceptions import InvalidParams, ServiceUnavailable
from tests.conftest import CLIENT, DAY, ApiClient, create_api_client
from tests.contracts.endpoints import EndpointContract
from tests.openapi.endpoints import list_contracts, loads_traffic
from tests.openapi.schema_validation import Description
from tests.server import Server

pytestmark = pytest.mark.usefixtures("traffic")
all_contracts = pytest.mark.parametrize("contract", list_contracts(), ids=lambda contract: contract.name)
read_contracts = pytest.mark.parametrize(
    "contract",
    [contract for contract in list_contracts() if not loads_traffic(contract)],
    ids=lambda contract: contract.name,
)
load_contracts = pytest.mark.parametrize(
    "contract",
    [contract for contract in list_contracts() if loads_traffic(contract)],
    ids=lambda contract: contract.name,
)


@pytest.fixture
def api_client(db: None) -> ApiClient:
    return create_api_client("acme", *Scope)


@all_contracts
def test_a_valid_request_gets_a_documented_response(
    description: Description, api_client: ApiClient, contract: type[EndpointContract]
) -> None:
    answer: Any
    if loads_traffic(contract):
        answer = contract.report_delivery(contract(), api_client)  # type: ignore[attr-defined]
    else:
        answer = api_client.get(contract().prepare_path(api_client), getattr(contract, "params", {}))
    assert answer.status_code == 200
    description.check_response(answer.request["REQUEST_METHOD"], contract.path, answer)


@read_contracts
@pytest.mark.parametrize("days", ["to=9999-12-31", f"from={DAY}&to={DAY}", "from=2020-01-01&to=2020-01-02"])
def test_all_kinds_of_traffic_get_a_documented_response(
    description: Description, api_client: ApiClient, contract: type[EndpointContract], days: str
) -> None:
    for params in ("", "&source=broadcasts", "&format=ndjson", "&phone=4&limit=100", "&page=999"):
        for method in ("GET", "HEAD"):
            description.check_response(
                method, contract.path, api_client.request(method, f"{contract.path}?{days}{params}")
            )


@pytest.mark.parametrize(
    "path", ["/api/v1/sms/status/m-bare", "/api/sms/messages/m-bare", "/api/sms/messages?to=9999-12-31"]
)
def test_a_message_without_receipts_gets_a_documented_response(
    description: Description, api_client: ApiClient, path: str
) -> None:
    answer = api_client.request("GET", path)
    assert answer.status_code == 200
    description.check_response("GET", path.split("?")[0], answer)


@all_contracts
def test_an_unauthorized_request_gets_a_documented_response(
    description: Description, contract: type[EndpointContract]
) -> None:
    for method in contract.methods:
        for answer in (CLIENT.generic(method, contract.path), create_api_client("acme").request(method, contract.path)):
            description.check_response(method, contract.path, answer)
        without_scope = create_api_client("acme", *(scope for scope in Scope if scope != contract.scope))
        answer = without_scope.request(method, contract.path)
        assert answer.status_code == 403
        description.check_response(method, contract.path, answer)


@all_contracts
def test_an_invalid_request_gets_a_documented_response(
    description: Description, api_client: ApiClient, contract: type[EndpointContract]
) -> None:
    for method in contract.methods:
        for query in ("?from=odd&page=0&type=odd", "?%ff=1", "?" + "&".join(f"a{n}=1" for n in range(200))):
            description.check_response(method, contract.path, api_client.request(method, contract.path + query))
        for headers in ({"Accept": "image/png"}, {"Content_Type": "text/plain"}, {"Content_Encoding": "br"}):
            description.check_response(
                method, contract.path, api_client.request(method, contract.path, b"odd", **headers)
            )


@load_contracts
def test_an_oversized_body_gets_a_documented_response(
    description: Description, api_client: ApiClient, contract: type[EndpointContract]
) -> None:
    (media_type,) = description.operation("POST", contract.path)["requestBody"]["content"]
    answer = api_client.post(contract.path, b"\n1" * 5_300_000, media_type)
    assert answer.status_code == 413
    description.check_response("POST", contract.path, answer)


@all_contracts
def test_a_throttled_request_gets_a_documented_response(
    description: Description, api_client: ApiClient, contract: type[EndpointContract], settings: Any
) -> None:
    settings.RATE_LIMIT = 1
    api_client.request("GET", contract.path)
    for method in contract.methods:
        answer = api_client.request(method, contract.path)
        assert answer.status_code == 429
        description.check_response(method, contract.path, answer)


@all_contracts
def test_an_outage_of_the_database_gets_a_documented_response(
    description: Description, without_database: Server, contract: type[EndpointContract]
) -> None:
    for method in contract.methods:
        headers = {"X-API-Key": "sk_prod_any", "Authorization": "Bearer sk_prod_any"}
        answer = requests.request(method, without_database.url + contract.path, headers=headers, timeout=30)
        assert answer.status_code == 503
        description.check_response(method, contract.path, answer)


@pytest.mark.parametrize(
    "path", ["/api/v1/sms/status/nothing", "/api/sms/messages/nothing", "/api/v1/gateways/nothing"]
)
def test_a_missing_row_gets_a_documented_response(description: Description, api_client: ApiClient, path: str) -> None:
    answer = api_client.request("GET", path)
    assert answer.status_code == 404
    description.check_response("GET", path, answer)


@pytest.mark.parametrize("dialect", get_dialects(), ids=lambda dialect: dialect.slug)
def test_every_error_body_of_a_dialect_matches_its_schema(description: Description, dialect: Dialect) -> None:
    plain_errors = (APIException(), ServiceUnavailable(), InvalidParams({"page": ["must be odd"]}))
    errors: list[tuple[APIException, AuthFailure | None]] = [(error, None) for error in plain_errors]
    errors += [(NotAuthenticated(failure.value), failure) for failure in AuthFailure]
    for error, failure in errors:
        description.check_value(dialect.build_error_schema(error.status_code), dialect.render_error(error, failure))
