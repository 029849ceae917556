"""Shapes of values on the wire, as JSON Schema has them (draft 2020-12, which OpenAPI 3.1 speaks)."""

from collections.abc import Iterable, Mapping
from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
# PostgreSQL stores no NUL.
WITHOUT_NUL = r"^[^\u0000]*$"
FLAG: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 0}
ID: Schema = {"type": "integer", "minimum": 1}
# Exact decimals, printed plainly: not negative, without an exponent.
MONEY: Schema = {"type": "number", "minimum": 0}
# UTC, to the second.
MOMENT: Schema = {"type": "string", "format": "date-time", "pattern": "^[0-9]{4}-.*T[0-9:]{8}Z$"}
DAY: Schema = {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
MARK: Schema = {"type": "string", "format": "uuid"}
HASH: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
ADDRESS: Schema = {"type": "string", "format": "uri"}

# Whole seconds.
WAIT: Schema = {"type": "integer", "minimum": 1}


def words(allowed: Iterable[str]) -> Schema:
    return {"type": "string", "enum": [str(word) for word in allowed]}


def only(value: Any) -> Schema:
    return {"const": value}


def maybe(shape: Schema) -> Schema:
    """The same, or null."""
    kinds = {**shape, "type": [shape["type"], "null"]}
    return kinds | {"enum": [*shape["enum"], None]} if "enum" in shape else kinds


def whole(default: int, most: int) -> Schema:
    """A number from 1 on; what is said of `most` is said in words, where a greater one means it."""
    return {"type": "integer", "minimum": 1, "maximum": most, "default": default}


def keyed(shapes: Mapping[str, Schema]) -> Schema:
    """An object with exactly these keys."""
    return {"type": "object", "properties": dict(shapes), "required": list(shapes), "additionalProperties": False}


def listed(shape: Schema, most: int | None = None) -> Schema:
    return {"type": "array", "items": shape} | ({} if most is None else {"maxItems": most})


def ref(name: str) -> Schema:
    """A shape that stands once, under `components`."""
    return {"$ref": f"#/components/schemas/{name}"}
