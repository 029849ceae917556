"""The document is valid and complete, and its examples are those of the vendors' pages."""

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from drf_spectacular.validation import validate_schema

from smsreports.api.errors import get_dialects
from smsreports.dialects.laravel import dialect as laravel
from smsreports.dialects.telecom23 import dialect as telecom23
from tests.conftest import CLIENT
from tests.dialects.test_seeds import CAMPAIGN, ITEM, MESSAGE, STATUS, in_order
from tests.openapi.schema_validation import Description, Json


def test_it_is_valid_openapi_3_1(description: Description) -> None:
    assert description.document["openapi"].startswith("3.1.")
    validate_schema(description.document)


def test_every_endpoint_is_documented_for_each_of_its_methods(description: Description) -> None:
    endpoints = {
        (f"/{dialect.prefix}{endpoint.route}".replace("<str:", "{").replace("<int:", "{").replace(">", "}"), method)
        for dialect in get_dialects()
        for endpoint in dialect.list_endpoints()
        for method in endpoint.methods
    }
    assert {(path, method) for path, method, _ in description.operations()} == endpoints


def test_every_operation_has_a_unique_id_a_summary_and_security(description: Description) -> None:
    ids = Counter(operation["operationId"] for _, _, operation in description.operations())
    assert set(ids.values()) == {1}
    assert [path for path, _, operation in description.operations() if not operation["summary"]] == []
    assert [path for path, _, operation in description.operations() if not operation["security"]] == []


def test_every_reference_resolves(description: Description) -> None:
    for name in find_references(description.document):
        assert description.resolve({"$ref": name}), name


def find_references(part: Any) -> set[str]:
    if isinstance(part, dict):
        refs = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
        return refs.union(*(find_references(value) for value in part.values()))
    return set().union(*(find_references(value) for value in part)) if isinstance(part, list) else set()


def test_every_example_matches_its_schema(description: Description) -> None:
    contents = [content for _, _, operation in description.operations() for content in list_contents(operation)]
    with_example = [content for content in contents if "example" in content]
    assert len(with_example) >= 6
    for content in with_example:
        description.check_value(content["schema"], content["example"])


def list_contents(operation: Json) -> list[Json]:
    return [
        *operation["responses"]["200"]["content"].values(),
        *operation.get("requestBody", {}).get("content", {}).values(),
    ]


@pytest.mark.parametrize(
    ("route", "vendor_example"),
    [
        ("sms/messages", {"messages": [MESSAGE], "total": 1250, "page": 1, "limit": 10, "total_pages": 125}),
        ("sms/messages/unified", {"messages": [CAMPAIGN], "total": 5420, "page": 1, "limit": 20, "total_pages": 271}),
    ],
)
def test_an_example_has_the_vendors_keys_in_their_order(route: str, vendor_example: Any) -> None:
    assert in_order(telecom23.examples[route]) == in_order(vendor_example)


def test_the_example_of_an_item_has_the_vendors_keys_in_their_order() -> None:
    page: Any = laravel.examples["messages"]
    assert in_order(page["data"]["data"]) == in_order([ITEM])


def test_the_status_example_is_the_vendors_followed_by_our_timeline() -> None:
    example: Any = telecom23.examples["sms/status/<str:client_message_id>"]
    assert list(example["message"])[-1] == "timeline"
    without = {name: value for name, value in example["message"].items() if name != "timeline"}
    assert in_order({"status": True, "message": without}) == in_order(STATUS)


def test_it_has_the_version_of_this_release(description: Description) -> None:
    project = tomllib.loads((Path(settings.BASE_DIR) / "pyproject.toml").read_text())["project"]
    assert description.document["info"]["version"] == project["version"]


@pytest.mark.parametrize(
    ("query", "accept", "media_type"),
    [
        ("", "*/*", "application/json"),
        ("", "application/json", "application/json"),
        ("", "application/yaml", "application/yaml"),
        ("", "text/html", "application/json"),
        ("?format=yaml", "application/json", "application/yaml"),
        ("?format=json", "application/yaml", "application/json"),
    ],
)
def test_it_is_served_as_json_or_yaml(description: Description, query: str, accept: str, media_type: str) -> None:
    answer = CLIENT.get(f"/api/schema{query}", headers={"Accept": accept})
    assert (answer.status_code, answer["Content-Type"]) == (200, media_type)
    assert (answer.json() if media_type.endswith("json") else yaml.safe_load(answer.content)) == description.document


def test_an_unknown_format_is_rejected() -> None:
    assert CLIENT.get("/api/schema?format=xml").status_code == 400


def test_it_is_not_sent_again_if_its_etag_matches() -> None:
    first = CLIENT.get("/api/schema")
    assert "max-age" in first["Cache-Control"]
    assert first["Vary"] == "Accept"
    again = CLIENT.get("/api/schema", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert CLIENT.get("/api/schema?format=yaml")["ETag"] != first["ETag"]


def test_it_needs_neither_a_key_nor_the_database(description: Description) -> None:
    """Without the fixture `db`, a query would fail."""
    assert CLIENT.get("/api/schema").status_code == CLIENT.get("/api/docs").status_code == 200


@pytest.mark.parametrize("path", ["/api/schema", "/api/docs"])
def test_it_accepts_only_reading(path: str) -> None:
    assert CLIENT.head(path).status_code == 200
    assert CLIENT.post(path).status_code == 405
    assert CLIENT.get(f"{path}/").status_code == 404
