"""Specs: facts for the OpenAPI document that stand beside the code they describe. `smsreports.apidocs` draws it.

A dialect has a DialectSpec, each of its endpoints an OperationSpec. A view has a ViewSpec for what is the same in every
dialect.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from smsreports.openapi.schemas import Schema

JSON = "application/json"


@dataclass(frozen=True)
class Parameter:
    """Parameter of the query string, or of the path if the path has its name in braces."""

    name: str
    description: str
    schema: Schema
    example: Any = None


@dataclass(frozen=True)
class Header:
    """Header of a response. If it is not always sent, the description names the condition."""

    description: str
    schema: Schema
    is_always_sent: bool = True


@dataclass(frozen=True)
class Body:
    """Body of a request. `example` is the body as it is sent."""

    media_type: str
    description: str
    schema: Schema
    example: Any = None


@dataclass(frozen=True)
class OperationSpec:
    """Operation of an endpoint: its summary, its parameters, and the content of a 200."""

    summary: str
    # Schema of the response by media type.
    content: Mapping[str, Schema]
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
    headers: Mapping[str, Header] = field(default_factory=dict)
    # Example of the response by media type, from the vendor's pages.
    examples: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class DialectSpec:
    """Facts about all responses of a dialect."""

    title: str
    description: str
    # Schema of the error body of an HTTP status.
    error_schema: Callable[[int], Schema]
    # Headers of every response, and further headers of a 429.
    headers: Mapping[str, Header]
    throttled_headers: Mapping[str, Header]


@dataclass(frozen=True)
class ViewSpec:
    """Facts about a view in every dialect: headers of a 200, the body of a POST, and parameters."""

    headers: Mapping[str, Header] = field(default_factory=dict)
    body: Body | None = None
    parameters: tuple[Parameter, ...] = ()
    # Schemas by name, for `reference_to`.
    schemas: Mapping[str, Schema] = field(default_factory=dict)
