"""Interface of a dialect: endpoints, credentials, parameter names, pagination and errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from rest_framework.exceptions import APIException
from rest_framework.pagination import BasePagination

from smsreports.accounts.authentication import KeyAuthentication
from smsreports.accounts.keys import AuthFailure
from smsreports.accounts.models import Scope
from smsreports.accounts.throttling import RateLimitState
from smsreports.openapi.schemas import Schema
from smsreports.openapi.spec import DialectSpec, OperationSpec
from smsreports.queries.list_request import ListRequest
from smsreports.sources import SourceList, get_source_lists

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Endpoint:
    """One address of a dialect: the view behind it, and how requests are parsed and rows rendered."""

    # A Django route below the dialect's prefix.
    route: str
    # The name of a source's list or of a view in `smsreports.routing`, and the action of its viewset.
    view: str
    action: str
    # Parses the query string.
    parse_query: Callable[[str], ListRequest]
    # Description for the OpenAPI document.
    spec: OperationSpec = field(kw_only=True)
    # Renders one row for the wire.
    render_row: Callable[[Row], Any] = dict
    # The dialect's keys of a list's columns, and ours: the titles of a file, and the description of a row.
    columns: Mapping[str, str] = field(default_factory=dict)
    # Schemas of the keys that `render_row` adds to those.
    added_keys: Mapping[str, Schema] = field(default_factory=dict)
    # Allowed methods (GET includes HEAD), and the scope that a key needs.
    methods: tuple[str, ...] = ("GET",)
    scope: str = Scope.READ
    # The key of the rows in the body of a list, in dialects that name them.
    rows_key: str = ""


@dataclass(frozen=True)
class Dialect:
    """One vendor's way of speaking the API."""

    slug: str
    # Every path below it belongs to the dialect, including paths that do not exist.
    prefix: str
    endpoints: tuple[Endpoint, ...]
    authentication: type[KeyAuthentication]
    pagination: type[BasePagination]
    # Renders the body of an error. The second argument is set when authentication failed.
    render_error: Callable[[APIException, AuthFailure | None], Mapping[str, Any]]
    # Builds the rate limit headers of a response, with or without an authenticated account.
    build_rate_limit_headers: Callable[[RateLimitState], Mapping[str, str]]
    # If false, responses are JSON regardless of `Accept`.
    negotiates: bool
    # Descriptions of all responses for the OpenAPI document, and the schemas they refer to.
    spec: DialectSpec
    schemas: Mapping[str, Schema]
    # Builds the endpoint of a source's own list. None for a dialect that shows none.
    build_list_endpoint: Callable[[SourceList], Endpoint] | None = None

    def list_endpoints(self) -> list[Endpoint]:
        """Return all endpoints: those of the sources' own lists, if the dialect shows them, and its own."""
        build = self.build_list_endpoint
        return [*(build(source_list) for source_list in get_source_lists() if build), *self.endpoints]

    def matches_path(self, request: HttpRequest) -> bool:
        """Return true if the path of the request belongs to this dialect."""
        return request.path.startswith(f"/{self.prefix}")
