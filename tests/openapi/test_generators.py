"""Rules that keep generated clients compiling and correct; each test names the tool that broke without it."""

from collections import Counter
from collections.abc import Iterator
from keyword import kwlist
from typing import Any

import pytest

from tests.openapi.held import Description, Json

# Words that no variable may be called by in TypeScript, Go, Java, PHP or C#; Python tells its own.
RESERVED = """
abstract arguments await break byte case catch chan char class const continue debugger default defer delete do
double else enum eval export extends false final finally float for foreach func function go goto if implements
import in instanceof int interface let long map namespace native new null object operator package params private
protected public range readonly ref return select short static string struct super switch synchronized this throw
throws transient true try type typeof use var void volatile while
"""
# Types that TypeScript and its browsers have already.
GLOBALS = """
Array Blob Body Boolean Date Error Event Exclude Extract File FormData Function Headers Map Number Object Omit
Parameters Partial Pick Promise Readonly Record Request Required Response ReturnType Set String Symbol URL
"""
COMPOSITION = {"oneOf", "anyOf", "allOf"}


def parts(part: Any, path: str = "") -> Iterator[tuple[str, Json]]:
    """Every object of the document with its path; the examples hold answers, not shapes."""
    if isinstance(part, dict):
        yield path, part
        for name, value in part.items():
            if name != "example":
                yield from parts(value, f"{path}/{name}")
    elif isinstance(part, list):
        for index, value in enumerate(part):
            yield from parts(value, f"{path}/{index}")


def kinds(shape: Json) -> set[str]:
    kind = shape.get("type", ())
    return {kind} if isinstance(kind, str) else {name for name in kind if isinstance(name, str)}


def shapes(description: Description) -> Iterator[tuple[str, Json]]:
    for path, part in parts(description.document):
        if "type" in part and isinstance(part["type"], str | list) and "in" not in part and "scheme" not in part:
            yield path, part


def test_no_pattern_stands_beside_a_date(description: Description) -> None:
    """PHP matches it against a DateTime, and throws."""
    found = dict(shapes(description))
    dates = {path for path, shape in found.items() if shape.get("format") in ("date", "date-time")}
    assert len(dates) > 20
    assert [path for path in dates if "pattern" in found[path]] == []


def test_every_number_says_how_wide_it_is(description: Description) -> None:
    """Go makes money single precision and ids 32 bits."""
    formats = {"integer": "int64", "number": "double"}
    found = [(path, kind, shape) for path, shape in shapes(description) for kind in kinds(shape) & set(formats)]
    assert len(found) > 20
    assert [path for path, kind, shape in found if shape.get("format") != formats[kind]] == []


def test_no_object_is_composed_of_others_beside_its_own_keys(description: Description) -> None:
    """TypeScript gets types that do not compile, or lack the keys."""
    assert [
        path for path, part in parts(description.document) if "properties" in part and COMPOSITION & set(part)
    ] == []


def test_no_operation_has_a_name_twice(description: Description) -> None:
    """TypeScript declares a parameter and a form's field of one name in one interface."""
    for path, method, operation in description.operations():
        names = Counter(parameter["name"] for parameter in operation["parameters"])
        for content in operation.get("requestBody", {}).get("content", {}).values():
            names.update(list(content["schema"].get("properties", ())))
        assert [name for name, times in names.items() if times > 1] == [], (method, path)


def test_no_parameter_of_a_path_is_a_word_of_a_language(description: Description) -> None:
    """It becomes an argument of a function as it stands."""
    found = {
        parameter["name"]
        for _, _, operation in description.operations()
        for parameter in operation["parameters"]
        if parameter["in"] == "path"
    }
    assert len(found) >= 4
    assert found & {*kwlist, *RESERVED.split()} == set()


def test_no_shape_has_the_name_of_a_type_of_typescript(description: Description) -> None:
    assert set(description.document["components"]["schemas"]) & set(GLOBALS.split()) == set()


@pytest.mark.parametrize("name", ["page", "period"])
def test_what_excludes_others_has_no_default(description: Description, name: str) -> None:
    """Tools send defaults: `period` with `from`, or `page` with `cursor`, is a 400."""
    said = [
        parameter["schema"]
        for _, _, operation in description.operations()
        for parameter in operation["parameters"]
        if parameter["name"] == name
    ]
    assert said
    assert [shape for shape in said if "default" in shape] == []


def test_a_file_is_a_file(description: Description) -> None:
    """As a plain string, clients hold all of it as text."""
    content = description.operation("GET", "/api/v1/sms/messages/unified/export")["responses"]["200"]["content"]
    assert {kind: shown["schema"]["format"] for kind, shown in content.items()} == {
        "text/csv": "binary",
        "application/x-ndjson": "binary",
    }


def test_an_export_offers_nothing_that_has_no_effect_on_it(description: Description) -> None:
    names = {one["name"] for one in description.operation("GET", "/api/v1/sms/messages/unified/export")["parameters"]}
    assert names & {"page", "limit", "cursor"} == set()
    assert names > {"status", "from", "to", "format"}


def test_what_the_server_itself_refuses_is_described_for_every_operation(description: Description) -> None:
    for path, method, operation in description.operations():
        early = {"400", "414", "431", "503"} | ({"408", "413"} if "requestBody" in operation else set())
        assert early <= set(operation["responses"]), (method, path)
