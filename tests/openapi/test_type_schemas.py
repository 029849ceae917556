"""Schemas of types: what a renderer returns is described by its annotation."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal, TypedDict

import pytest

from smsreports.openapi.schemas import COUNT, DATETIME, FLAG, ID, MONEY, TEXT, Schema
from smsreports.openapi.type_schemas import Id, WithSchema, build_return_schema, build_type_schema


class Parent(TypedDict):
    name: str


class Child(Parent):
    number: Id | None


def render_children() -> list[Child]:
    return []


CHILD: Schema = {
    "type": "object",
    "properties": {"name": TEXT, "number": {**ID, "type": ["integer", "null"]}},
    "required": ["name", "number"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("hint", "schema"),
    [
        (str, TEXT),
        (int, COUNT),
        (bool, FLAG),
        (Decimal, MONEY),
        (datetime, DATETIME),
        (Annotated[str, WithSchema({"type": "string", "pattern": "^x$"})], {"type": "string", "pattern": "^x$"}),
        (datetime | None, {**DATETIME, "type": ["string", "null"]}),
        (Literal["a", "b"], {"type": "string", "enum": ["a", "b"]}),
        (Literal["a", "b"] | None, {"type": ["string", "null"], "enum": ["a", "b", None]}),
        (Literal[True], {"type": "boolean", "const": True}),
        (list[int], {"type": "array", "items": COUNT}),
        (Child, CHILD),
    ],
    ids=str,
)
def test_a_type_has_the_schema_of_its_values(hint: object, schema: Schema) -> None:
    assert build_type_schema(hint) == schema


def test_a_function_is_described_by_what_it_returns() -> None:
    assert build_return_schema(render_children) == {"type": "array", "items": CHILD}


def test_a_type_without_a_schema_is_an_error() -> None:
    with pytest.raises(KeyError):
        build_type_schema(bytes)
