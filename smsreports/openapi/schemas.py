"""JSON Schemas of the API's values (draft 2020-12, which OpenAPI 3.1 uses)."""

from collections.abc import Iterable, Mapping

Schema = dict[str, object]

TEXT: Schema = {"type": "string"}
# PostgreSQL cannot store NUL.
WITHOUT_NUL = r"^[^\u0000]*$"
FLAG: Schema = {"type": "boolean"}
# Every number has a format. Without one, generated clients use 32-bit integers and single precision.
COUNT: Schema = {"type": "integer", "format": "int64", "minimum": 0}
ID: Schema = {"type": "integer", "format": "int64", "minimum": 1}
# Exact decimals, not negative, rendered without an exponent.
MONEY: Schema = {"type": "number", "format": "double", "minimum": 0}
# UTC, to the second. A format alone: generated clients would match a pattern against their own date objects.
DATETIME: Schema = {"type": "string", "format": "date-time"}
DAY: Schema = {"type": "string", "format": "date"}
UUID: Schema = {"type": "string", "format": "uuid"}
HASH: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
ADDRESS: Schema = {"type": "string", "format": "uri"}

# Whole seconds.
SECONDS: Schema = {"type": "integer", "format": "int64", "minimum": 1}
FILE: Schema = {"type": "string", "format": "binary"}


def enum_of(allowed: Iterable[str]) -> Schema:
    """Return the schema of one of these texts."""
    return {"type": "string", "enum": [str(value) for value in allowed]}


def const_of(value: str | bool) -> Schema:
    """Return the schema of exactly this value."""
    return {"type": "boolean" if isinstance(value, bool) else "string", "const": value}


def nullable(schema: Schema) -> Schema:
    """Return the schema of the same values and null."""
    types, values = schema["type"], schema.get("enum")
    or_null = {**schema, "type": [*(types if isinstance(types, list) else [types]), "null"]}
    return or_null | {"enum": [*values, None]} if isinstance(values, list) else or_null


def positive_int(maximum: int) -> Schema:
    """Return the schema of a whole number from 1 to `maximum`.

    Do not use it where a greater number is taken as the maximum; name that in the description instead.
    """
    return {"type": "integer", "format": "int64", "minimum": 1, "maximum": maximum}


def object_of(schemas: Mapping[str, Schema]) -> Schema:
    """Return the schema of an object with exactly these keys."""
    return {"type": "object", "properties": dict(schemas), "required": list(schemas), "additionalProperties": False}


def array_of(schema: Schema, max_items: int | None = None) -> Schema:
    """Return the schema of an array of these items."""
    return {"type": "array", "items": schema} | ({} if max_items is None else {"maxItems": max_items})


def reference_to(name: str) -> Schema:
    """Return a reference to a schema under `components`."""
    return {"$ref": f"#/components/schemas/{name}"}
