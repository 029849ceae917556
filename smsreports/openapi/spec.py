"""Facts for the OpenAPI document that stand beside the code they describe. `smsreports.apidocs` draws it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from smsreports.openapi.schemas import Schema

JSON = "application/json"


@dataclass(frozen=True)
class Parameter:
    """Parameter of the query string or of the path."""

    name: str
    description: str
    schema: Schema
    example: str | int | None = None

    def build_openapi(self, place: str = "query") -> Schema:
        """Return the parameter object of the document."""
        required = {"required": True} if place == "path" else {}
        example = {} if self.example is None else {"example": self.example}
        described = {"description": self.description, "schema": self.schema}
        return {"name": self.name, "in": place, **required, **described, **example}


@dataclass(frozen=True)
class Header:
    """Header of a response. If it is not always sent, the description names the condition."""

    description: str
    schema: Schema
    is_always_sent: bool = True

    def build_openapi(self) -> Schema:
        """Return the header object of the document."""
        return {"description": self.description, "schema": self.schema, "required": self.is_always_sent}


Headers = Mapping[str, Header]


@dataclass(frozen=True)
class Body:
    """Body of a request. `example` is the body as it is sent. Without a schema it is a form of the view's fields."""

    media_type: str
    description: str
    schema: Schema | None = None
    example: str | None = None


@dataclass(frozen=True)
class ViewSpec:
    """Facts about a view in every dialect: headers of a 200, the body of a POST, and its own parameters."""

    headers: Headers = field(default_factory=dict)
    body: Body | None = None
    path_parameters: tuple[Parameter, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    # Schemas by name, for `reference_to`.
    schemas: Mapping[str, Schema] = field(default_factory=dict)
