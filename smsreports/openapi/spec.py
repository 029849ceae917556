"""What the published description needs to know beside what the code does; `smsreports.openapi` makes OpenAPI of it.

What a dialect's words decide is told by the dialect (`Described` of a Path, `Manners` of all), what holds whoever asks
in whatever words by the view (`Traits`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from smsreports.openapi.schemas import Schema

JSON = "application/json"


@dataclass(frozen=True)
class Parameter:
    """A parameter of the query string; in a path, of the path."""

    name: str
    description: str
    schema: Schema
    example: Any = None


@dataclass(frozen=True)
class Header:
    """A header of an answer; not `always`: the words say when."""

    description: str
    schema: Schema
    is_always_sent: bool = True


@dataclass(frozen=True)
class Body:
    """What a request carries. `example` is as it stands on the wire."""

    media_type: str
    description: str
    schema: Schema
    example: Any = None


@dataclass(frozen=True)
class OperationSpec:
    """One address in a dialect's words: what it is for, what may be asked, what a 200 answers."""

    summary: str
    # The media types of the answer, and what each holds.
    content: Mapping[str, Schema]
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
    headers: Mapping[str, Header] = field(default_factory=dict)
    # By media type, the answer of the vendors' pages.
    examples: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class DialectSpec:
    """What all answers of a dialect have in common."""

    title: str
    description: str
    # The error body of an HTTP status.
    error_schema: Callable[[int], Schema]
    # On every answer, and on a 429 beside those.
    headers: Mapping[str, Header]
    throttled_headers: Mapping[str, Header]


@dataclass(frozen=True)
class ViewSpec:
    """What a view tells beside the dialect: headers of a 200, what a request by POST carries, and parameters that are
    not the dialect's."""

    headers: Mapping[str, Header] = field(default_factory=dict)
    body: Body | None = None
    parameters: tuple[Parameter, ...] = ()
    # Shapes by name, for `shapes.ref`.
    schemas: Mapping[str, Schema] = field(default_factory=dict)
