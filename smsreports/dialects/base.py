"""Interface of a dialect: endpoints, credentials, parameter names, pagination and errors."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files

from django.http import HttpRequest
from rest_framework.exceptions import APIException

from smsreports.accounts.authentication import KeyAuthentication
from smsreports.accounts.keys import AuthFailure
from smsreports.accounts.models import Scope
from smsreports.accounts.throttling import RateLimitState
from smsreports.openapi.schemas import Schema
from smsreports.openapi.spec import Headers, Parameter
from smsreports.queries.list_request import ListRequest
from smsreports.queries.pagination import LinkHeaderPagination
from smsreports.queries.query_string import QueryString
from smsreports.sources import SourceList, get_source_lists


def parse_nothing(query: QueryString) -> ListRequest:
    """Parse the query of an endpoint without parameters. Raises InvalidParams if it is not UTF-8."""
    query.raise_if_invalid()
    return ListRequest()


def load_examples(package: str) -> Mapping[str, object]:
    """Return the examples of answers in the dialect's folder, by the route of the endpoint."""
    examples: Mapping[str, object] = json.loads(files(package).joinpath("examples.json").read_bytes())
    return examples


@dataclass(frozen=True)
class Endpoint:
    """One address of a dialect: the view behind it, and how requests are parsed and rows rendered."""

    # A Django route below the dialect's prefix.
    route: str
    # The name of a source's list or of a view in `smsreports.routing`, and the action of its viewset.
    view: str
    action: str
    # What it does, in a sentence or a few, for the OpenAPI document.
    summary: str
    description: str = ""
    # Parameters of the route and of the query string, in the order of the document.
    parameters: tuple[Parameter, ...] = ()
    # Parameters of the query string that are read without effect, and so are not documented.
    ignored: tuple[Parameter, ...] = ()
    parse_query: Callable[[QueryString], ListRequest] = parse_nothing
    # Renders for the wire what the view gives: a row of a list, or else all of the answer.
    render_row: Callable[..., object] = dict
    # Schema of a 200 by media type, if it is neither a list nor described by what `render_row` returns.
    content: Mapping[str, Schema] = field(default_factory=dict)
    # The dialect's keys of a list's columns, and ours: the titles of a file, and the description of a row.
    columns: Mapping[str, str] = field(default_factory=dict)
    # Schemas of the keys that `render_row` adds to those.
    added_keys: Mapping[str, Schema] = field(default_factory=dict)
    # Allowed methods (GET includes HEAD), and the scope that a key needs.
    methods: tuple[str, ...] = ("GET",)
    scope: str = Scope.READ
    # The key of the rows in the body of a list, in dialects that name them.
    rows_key: str = ""

    @cached_property
    def path_parameters(self) -> tuple[Parameter, ...]:
        names = re.findall(r"<\w+:(\w+)>", self.route)
        return tuple(parameter for parameter in self.parameters if parameter.name in names)

    @cached_property
    def query_parameters(self) -> tuple[Parameter, ...]:
        return tuple(parameter for parameter in self.parameters if parameter not in self.path_parameters)

    @cached_property
    def query_names(self) -> frozenset[str]:
        """Names of the parameters that `parse_query` may read."""
        return frozenset(parameter.name for parameter in (*self.query_parameters, *self.ignored))


@dataclass(frozen=True)
class Dialect:
    """One vendor's way of speaking the API."""

    slug: str
    title: str
    description: str
    # Every path below it belongs to the dialect, including paths that do not exist.
    prefix: str
    endpoints: tuple[Endpoint, ...]
    authentication: type[KeyAuthentication]
    pagination: type[LinkHeaderPagination]
    # Renders the body of an error. The second argument is set when authentication failed.
    render_error: Callable[[APIException, AuthFailure | None], Mapping[str, object]]
    # Returns the schema of the error body of an HTTP status.
    build_error_schema: Callable[[int], Schema]
    # Builds the rate limit headers of a response, with or without an authenticated account.
    build_rate_limit_headers: Callable[[RateLimitState], Mapping[str, str]]
    # If false, responses are JSON regardless of `Accept`.
    negotiates: bool
    # If true, an empty parameter counts as absent.
    empty_is_absent: bool = False
    # Headers of every response, and further headers of a 429, for the OpenAPI document.
    headers: Headers = field(default_factory=dict)
    throttled_headers: Headers = field(default_factory=dict)
    # Schemas by name, for `reference_to`.
    schemas: Mapping[str, Schema] = field(default_factory=dict)
    # Begins the names of the schemas of its rows, whose keys are the dialect's own.
    schema_prefix: str = ""
    # Examples of answers by the route of the endpoint, from the vendor's pages.
    examples: Mapping[str, object] = field(default_factory=dict)
    # Builds the endpoint of a source's own list. None for a dialect that shows none.
    build_list_endpoint: Callable[[SourceList], Endpoint] | None = None

    def list_endpoints(self) -> list[Endpoint]:
        """Return all endpoints: those of the sources' own lists, if the dialect shows them, and its own."""
        build = self.build_list_endpoint
        return [*(build(source_list) for source_list in get_source_lists() if build), *self.endpoints]

    def matches_path(self, request: HttpRequest) -> bool:
        """Return true if the path of the request belongs to this dialect."""
        return request.path.startswith(f"/{self.prefix}")
