"""The document itself: valid, whole, and with the examples of the vendors' pages."""

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from drf_spectacular.validation import validate_schema

from smsreports.api.errors import get_dialects
from smsreports.dialects.laravel import examples as laravel
from smsreports.dialects.telecom23 import examples as telecom23
from tests.conftest import CLIENT
from tests.dialects.test_seeds import CAMPAIGN, ITEM, MESSAGE, STATUS, in_order
from tests.openapi.held import Description, Json


def test_it_is_openapi_3_1(description: Description) -> None:
    assert description.document["openapi"].startswith("3.1.")
    validate_schema(description.document)


def test_every_address_is_described_for_each_of_its_methods(description: Description) -> None:
    doors = {
        (f"/{dialect.prefix}{door.route}".replace("<str:", "{").replace(">", "}"), method)
        for dialect in get_dialects()
        for door in dialect.endpoints
        for method in door.methods
    }
    assert {(path, method) for path, method, _ in description.operations()} == doors


def test_every_operation_has_a_name_of_its_own_a_summary_and_a_key(description: Description) -> None:
    names = Counter(operation["operationId"] for _, _, operation in description.operations())
    assert set(names.values()) == {1}
    assert [path for path, _, operation in description.operations() if not operation["summary"]] == []
    assert [path for path, _, operation in description.operations() if not operation["security"]] == []


def test_what_is_referred_to_is_there(description: Description) -> None:
    for name in references(description.document):
        assert description.resolved({"$ref": name}), name


def references(part: Any) -> set[str]:
    if isinstance(part, dict):
        own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
        return own.union(*(references(value) for value in part.values()))
    return set().union(*(references(value) for value in part)) if isinstance(part, list) else set()


def test_every_example_is_of_the_shape_beside_it(description: Description) -> None:
    shown = [content for _, _, operation in description.operations() for content in contents(operation)]
    told = [content for content in shown if "example" in content]
    assert len(told) >= 6
    for content in told:
        description.measure(content["schema"], content["example"])


def contents(operation: Json) -> list[Json]:
    return [
        *operation["responses"]["200"]["content"].values(),
        *operation.get("requestBody", {}).get("content", {}).values(),
    ]


@pytest.mark.parametrize(
    ("example", "vendors"),
    [
        (telecom23.MESSAGES, {"messages": [MESSAGE], "total": 1250, "page": 1, "limit": 10, "total_pages": 125}),
        (telecom23.UNIFIED, {"messages": [CAMPAIGN], "total": 5420, "page": 1, "limit": 20, "total_pages": 271}),
        (laravel.ITEM, ITEM),
    ],
    ids=["messages", "unified", "item"],
)
def test_the_examples_are_the_vendors_key_for_key(example: Any, vendors: Any) -> None:
    assert in_order(example) == in_order(vendors)


def test_the_example_of_a_status_is_the_vendors_with_our_timeline_behind() -> None:
    assert list(telecom23.STATUS["message"])[-1] == "timeline"
    without = {name: value for name, value in telecom23.STATUS["message"].items() if name != "timeline"}
    assert in_order({"status": True, "message": without}) == in_order(STATUS)


def test_it_is_of_this_release(description: Description) -> None:
    project = tomllib.loads((Path(settings.BASE_DIR) / "pyproject.toml").read_text())["project"]
    assert description.document["info"]["version"] == project["version"]


@pytest.mark.parametrize(
    ("query", "accept", "kind"),
    [
        ("", "*/*", "application/json"),
        ("", "application/json", "application/json"),
        ("", "application/yaml", "application/yaml"),
        ("", "text/html", "application/json"),
        ("?format=yaml", "application/json", "application/yaml"),
        ("?format=json", "application/yaml", "application/json"),
    ],
)
def test_it_comes_as_json_or_yaml(description: Description, query: str, accept: str, kind: str) -> None:
    answer = CLIENT.get(f"/api/schema{query}", headers={"Accept": accept})
    assert (answer.status_code, answer["Content-Type"]) == (200, kind)
    assert (answer.json() if kind.endswith("json") else yaml.safe_load(answer.content)) == description.document


def test_a_format_that_there_is_not_is_refused() -> None:
    assert CLIENT.get("/api/schema?format=xml").status_code == 400


def test_who_has_it_is_not_sent_it_again() -> None:
    first = CLIENT.get("/api/schema")
    assert "max-age" in first["Cache-Control"]
    assert first["Vary"] == "Accept"
    again = CLIENT.get("/api/schema", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert CLIENT.get("/api/schema?format=yaml")["ETag"] != first["ETag"]


def test_it_asks_for_neither_key_nor_database(description: Description) -> None:
    """Without `db` a query would fail."""
    assert CLIENT.get("/api/schema").status_code == CLIENT.get("/api/docs").status_code == 200


@pytest.mark.parametrize("path", ["/api/schema", "/api/docs"])
def test_it_is_for_reading(path: str) -> None:
    assert CLIENT.head(path).status_code == 200
    assert CLIENT.post(path).status_code == 405
    assert CLIENT.get(f"{path}/").status_code == 404
