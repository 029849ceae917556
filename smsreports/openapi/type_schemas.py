"""JSON Schemas of Python types: what a renderer returns is described by its annotation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import NoneType
from typing import Annotated, Literal, get_args, get_origin, get_type_hints, is_typeddict

from smsreports.openapi import schemas
from smsreports.openapi.schemas import Schema

SCHEMAS: Mapping[object, Schema] = {
    str: schemas.TEXT,
    bool: schemas.FLAG,
    int: schemas.COUNT,
    Decimal: schemas.MONEY,
    datetime: schemas.DATETIME,
}


@dataclass(frozen=True, eq=False)
class WithSchema:
    """Schema of a type, as metadata of `Annotated`. Unlike a dictionary it has a hash, which unions of types need."""

    schema: Schema


Id = Annotated[int, WithSchema(schemas.ID)]
Uuid = Annotated[str, WithSchema(schemas.UUID)]
Hash = Annotated[str, WithSchema(schemas.HASH)]
Address = Annotated[str, WithSchema(schemas.ADDRESS)]


def build_type_schema(hint: object) -> Schema:
    """Return the schema of a type of values. Raises KeyError for a type that has none."""
    arguments = get_args(hint)
    if arguments and isinstance(arguments[-1], WithSchema):
        return arguments[-1].schema
    if get_origin(hint) is Literal:
        return schemas.const_of(True) if arguments == (True,) else schemas.enum_of(arguments)
    if get_origin(hint) is list:
        return schemas.array_of(build_type_schema(arguments[0]))
    if NoneType in arguments:
        return schemas.nullable(build_type_schema(arguments[0]))
    if is_typeddict(hint):
        return schemas.object_of(build_key_schemas(hint))
    return SCHEMAS[hint]


def build_key_schemas(typed_dict: object) -> Mapping[str, Schema]:
    """Return the schema of each key of a TypedDict."""
    return {key: build_type_schema(hint) for key, hint in get_type_hints(typed_dict, include_extras=True).items()}


def build_return_schema(function: Callable[..., object]) -> Schema:
    """Return the schema of what the function returns."""
    return build_type_schema(get_type_hints(function, include_extras=True)["return"])
