"""Rules that keep generated clients compiling and correct. Each test names the tool that broke without it."""

from collections import Counter
from collections.abc import Iterator
from keyword import kwlist
from typing import Any

import pytest

from tests.openapi.schema_validation import Description, Json

# Reserved words of TypeScript, Go, Java, PHP and C#. Python's are in `keyword`.
RESERVED = """
abstract arguments await break byte case catch chan char class const continue debugger default defer delete do
double else enum eval export extends false final finally float for foreach func function go goto if implements
import in instanceof int interface let long map namespace native new null object operator package params private
protected public range readonly ref return select short static string struct super switch synchronized this throw
throws transient true try type typeof use var void volatile while
"""
# Global types of TypeScript and browsers.
GLOBALS = """
Array Blob Body Boolean Date Error Event Exclude Extract File FormData Function Headers Map Number Object Omit
Parameters Partial Pick Promise Readonly Record Request Required Response ReturnType Set String Symbol URL
"""
COMPOSITION = {"oneOf", "anyOf", "allOf"}


def walk_objects(part: Any, path: str = "") -> Iterator[tuple[str, Json]]:
    """Yield every object of the document with its path, except in examples, which hold values and not schemas."""
    if isinstance(part, dict):
        yield path, part
        for name, value in part.items():
            if name != "example":
                yield from walk_objects(value, f"{path}/{name}")
    elif isinstance(part, list):
        for index, value in enumerate(part):
            yield from walk_objects(value, f"{path}/{index}")


def list_types(schema: Json) -> set[str]:
    types = schema.get("type", ())
    return {types} if isinstance(types, str) else {name for name in types if isinstance(name, str)}


def list_schemas(description: Description) -> Iterator[tuple[str, Json]]:
    for path, part in walk_objects(description.document):
        if "type" in part and isinstance(part["type"], str | list) and "in" not in part and "scheme" not in part:
            yield path, part


def test_no_date_has_a_pattern(description: Description) -> None:
    """Generated PHP matches the pattern against a DateTime, and throws."""
    schemas = dict(list_schemas(description))
    dates = {path for path, schema in schemas.items() if schema.get("format") in ("date", "date-time")}
    assert len(dates) > 20
    assert [path for path in dates if "pattern" in schemas[path]] == []


def test_every_number_has_a_format(description: Description) -> None:
    """Without it, generated Go has 32-bit ids and money in single precision."""
    formats = {"integer": "int64", "number": "double"}
    numbers = [
        (path, kind, schema) for path, schema in list_schemas(description) for kind in list_types(schema) & set(formats)
    ]
    assert len(numbers) > 20
    assert [path for path, kind, schema in numbers if schema.get("format") != formats[kind]] == []


def test_no_object_has_both_composition_and_keys_of_its_own(description: Description) -> None:
    """Otherwise generated TypeScript does not compile, or its types lack the keys."""
    assert [
        path for path, part in walk_objects(description.document) if "properties" in part and COMPOSITION & set(part)
    ] == []


def test_no_operation_has_a_parameter_and_a_field_of_one_name(description: Description) -> None:
    """Generated TypeScript declares parameters and fields of the form in one interface."""
    for path, method, operation in description.operations():
        names = Counter(parameter["name"] for parameter in operation["parameters"])
        for content in operation.get("requestBody", {}).get("content", {}).values():
            names.update(list(content["schema"].get("properties", ())))
        assert [name for name, count in names.items() if count > 1] == [], (method, path)


def test_no_path_parameter_is_a_reserved_word(description: Description) -> None:
    """Generators use its name unchanged for an argument of a function."""
    names = {
        parameter["name"]
        for _, _, operation in description.operations()
        for parameter in operation["parameters"]
        if parameter["in"] == "path"
    }
    assert len(names) >= 4
    assert names & {*kwlist, *RESERVED.split()} == set()


def test_no_schema_has_the_name_of_a_typescript_type(description: Description) -> None:
    assert set(description.document["components"]["schemas"]) & set(GLOBALS.split()) == set()


@pytest.mark.parametrize("name", ["page", "period"])
def test_a_parameter_that_excludes_others_has_no_default(description: Description, name: str) -> None:
    """Tools send defaults, and `period` with `from` or `page` with `cursor` is a 400."""
    schemas = [
        parameter["schema"]
        for _, _, operation in description.operations()
        for parameter in operation["parameters"]
        if parameter["name"] == name
    ]
    assert schemas
    assert [schema for schema in schemas if "default" in schema] == []


def test_an_export_is_described_as_a_binary_file(description: Description) -> None:
    """If it were a plain string, clients would hold all of it in memory as text."""
    content = description.operation("GET", "/api/v1/sms/messages/unified/export")["responses"]["200"]["content"]
    assert {media_type: described["schema"]["format"] for media_type, described in content.items()} == {
        "text/csv": "binary",
        "application/x-ndjson": "binary",
    }


def test_an_export_has_no_page_parameters(description: Description) -> None:
    operation = description.operation("GET", "/api/v1/sms/messages/unified/export")
    names = {parameter["name"] for parameter in operation["parameters"]}
    assert names & {"page", "limit", "cursor"} == set()
    assert names > {"status", "from", "to", "format"}


def test_every_operation_has_the_errors_of_the_server(description: Description) -> None:
    for path, method, operation in description.operations():
        server_statuses = {"400", "414", "431", "503"} | ({"408", "413"} if "requestBody" in operation else set())
        assert server_statuses <= set(operation["responses"]), (method, path)
