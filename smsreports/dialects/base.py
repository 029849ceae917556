"""What a dialect is: paths, credentials, words, pages and errors, as the rest of the house sees them."""

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

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Endpoint:
    """One address of a dialect: which view answers there, and how it is asked and answers."""

    # A Django route below the dialect's prefix.
    route: str
    # A source's slug, or the name of a joined view, and its action.
    view: str
    action: str
    # The query string into what is asked.
    parse_query: Callable[[str], ListRequest]
    # What the published description says of it.
    spec: OperationSpec = field(kw_only=True)
    # One of our rows into what the wire carries; of a file instead its columns, their name: ours.
    render_row: Callable[[Row], Any] = dict
    columns: Mapping[str, str] = field(default_factory=dict)
    # How it is asked (what is read by GET is read by HEAD too), and what a key must be allowed to do.
    methods: tuple[str, ...] = ("GET",)
    scope: str = Scope.READ


@dataclass(frozen=True)
class Dialect:
    """One way of speaking the API."""

    slug: str
    # Every address below it is the dialect's, those that do not exist included.
    prefix: str
    endpoints: tuple[Endpoint, ...]
    authentication: type[KeyAuthentication]
    pagination: type[BasePagination]
    # The body of an error; with the reason when it is the caller's key.
    render_error: Callable[[APIException, AuthFailure | None], Mapping[str, Any]]
    # The headers that tell a caller what is left, on answers with and without an account.
    build_rate_limit_headers: Callable[[RateLimitState], Mapping[str, str]]
    # False: JSON whatever `Accept` says.
    negotiates: bool
    # What the published description says of all its answers, and the shapes that it refers to.
    spec: DialectSpec
    schemas: Mapping[str, Schema]

    def matches_path(self, request: HttpRequest) -> bool:
        return request.path.startswith(f"/{self.prefix}")
