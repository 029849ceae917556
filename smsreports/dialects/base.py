"""What a dialect is: paths, credentials, words, pages and errors, as the rest of the house sees them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException
from rest_framework.pagination import BasePagination
from rest_framework.request import Request

from smsreports.accounts.addresses import client_address
from smsreports.accounts.keys import Refusal, caller
from smsreports.accounts.limits import Allowance
from smsreports.accounts.models import ApiKey, Scope
from smsreports.accounts.signing import Signed, encoded, paths
from smsreports.dialects.cursor import Cursor
from smsreports.dialects.described import Described, Manners
from smsreports.dialects.shapes import Schema
from smsreports.sources import ALL

Row = Mapping[str, Any]


class InvalidParams(APIException):
    """The query string asks for what cannot be: `reasons` by the dialect's own parameter names."""

    status_code = 400

    def __init__(self, reasons: Mapping[str, Sequence[str]]) -> None:
        super().__init__("; ".join(f"{name} {', '.join(why)}" for name, why in reasons.items()))
        self.reasons = reasons


@dataclass(frozen=True)
class Asked:
    """What a caller asks for, in our words, whatever dialect it was said in."""

    # As a FilterSet takes them; `names` says what the caller called each.
    filters: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    source: str = ALL
    page: int = 1
    size: int = 1
    # Instead of a page's number: the rows beside a place.
    cursor: Cursor | None = None
    # Of an export: the file's format, and the filters as the caller said them.
    format: str = ""
    told: Mapping[str, str] = field(default_factory=dict)


class KeyAuthentication(BaseAuthentication):
    """Finds the key's account; a dialect says where in the request the key stands."""

    scheme: ClassVar[str]
    # Where the key may stand, as OpenAPI says it, by a name; any of them will do.
    described: ClassVar[Mapping[str, Mapping[str, str]]]

    def __init__(self, body: Callable[[ApiKey], bytes]) -> None:
        """`body` takes in the request's body as it was sent, once it is known whose key it is."""
        self._body = body

    def authenticate(self, request: Request) -> tuple[None, ApiKey]:
        asked = request._request
        return None, caller(self.key(request), client_address(asked), partial(self._signed, asked))

    def key(self, request: Request) -> str | None:
        raise NotImplementedError

    def authenticate_header(self, request: Request) -> str:
        return self.scheme

    def _signed(self, asked: HttpRequest, key: ApiKey) -> Signed:
        return Signed(
            method=asked.method or "",
            paths=paths(asked.META.get("RAW_URI") or encoded(asked.path), asked.path),
            body=self._body(key),
            timestamp=asked.headers.get("X-Timestamp", ""),
            signature=asked.headers.get("X-Signature", ""),
        )


@dataclass(frozen=True)
class Path:
    """One address of a dialect: which view answers there, and how it is asked and answers."""

    # A Django route below the dialect's prefix.
    route: str
    # A source's slug, or the name of a joined view, and its action.
    view: str
    action: str
    # The query string into what is asked.
    params: Callable[[str], Asked]
    # What the published description says of it.
    described: Described = field(kw_only=True)
    # One of our rows into what the wire carries; of a file instead its columns, their name: ours.
    row: Callable[[Row], Any] = dict
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
    paths: tuple[Path, ...]
    authentication: type[KeyAuthentication]
    pagination: type[BasePagination]
    # The body of an error; with the reason when it is the caller's key.
    error: Callable[[APIException, Refusal | None], Mapping[str, Any]]
    # The headers that tell a caller what is left, on answers with and without an account.
    limit_headers: Callable[[Allowance], Mapping[str, str]]
    # False: JSON whatever `Accept` says.
    negotiates: bool
    # What the published description says of all its answers, and the shapes that it refers to.
    manners: Manners
    shapes: Mapping[str, Schema]

    def speaks(self, request: HttpRequest) -> bool:
        return request.path.startswith(f"/{self.prefix}")
