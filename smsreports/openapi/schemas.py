"""Shapes of values on the wire, as JSON Schema has them (draft 2020-12, which OpenAPI 3.1 speaks)."""

from collections.abc import Iterable, Mapping
from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
# PostgreSQL stores no NUL.
WITHOUT_NUL = r"^[^\u0000]*$"
FLAG: Schema = {"type": "boolean"}
# Every number has a format: without one, generated clients take 32 bits for integers and single precision for numbers.
COUNT: Schema = {"type": "integer", "format": "int64", "minimum": 0}
ID: Schema = {"type": "integer", "format": "int64", "minimum": 1}
# Exact decimals, printed plainly: not negative, without an exponent.
MONEY: Schema = {"type": "number", "format": "double", "minimum": 0}
# UTC, to the second. No pattern beside the format: generated clients match it against their own date objects.
DATETIME: Schema = {"type": "string", "format": "date-time"}
DAY: Schema = {"type": "string", "format": "date"}
UUID: Schema = {"type": "string", "format": "uuid"}
HASH: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
ADDRESS: Schema = {"type": "string", "format": "uri"}

# Whole seconds.
SECONDS: Schema = {"type": "integer", "format": "int64", "minimum": 1}
FILE: Schema = {"type": "string", "format": "binary"}


def enum_of(allowed: Iterable[str]) -> Schema:
    return {"type": "string", "enum": [str(word) for word in allowed]}


def const_of(value: str | bool) -> Schema:
    return {"type": "boolean" if isinstance(value, bool) else "string", "const": value}


def nullable(shape: Schema) -> Schema:
    """The same, or null."""
    kinds = {**shape, "type": [shape["type"], "null"]}
    return kinds | {"enum": [*shape["enum"], None]} if "enum" in shape else kinds


def positive_int(maximum: int) -> Schema:
    """A number from 1 on; what is said of `most` is said in words, where a greater one means it."""
    return {"type": "integer", "format": "int64", "minimum": 1, "maximum": maximum}


def object_of(shapes: Mapping[str, Schema]) -> Schema:
    """An object with exactly these keys."""
    return {"type": "object", "properties": dict(shapes), "required": list(shapes), "additionalProperties": False}


def array_of(shape: Schema, max_items: int | None = None) -> Schema:
    return {"type": "array", "items": shape} | ({} if max_items is None else {"maxItems": max_items})


def reference_to(name: str) -> Schema:
    """A shape that stands once, under `components`."""
    return {"$ref": f"#/components/schemas/{name}"}
