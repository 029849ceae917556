"""The views under every dialect: who calls, what they ask, and what they are told."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, ClassVar

from django.db.models import F
from django.utils.functional import cached_property
from django_filters import FilterSet
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from smsreports.accounts.limits import Allowance, spend, untouched
from smsreports.accounts.models import Account, ApiKey
from smsreports.api.filters import SHAPES
from smsreports.api.listing import Listing, narrowed
from smsreports.api.negotiation import Negotiation
from smsreports.api.serializers import RowSerializer
from smsreports.dialects.base import Asked, Dialect, Path
from smsreports.dialects.described import Traits
from smsreports.sources import Rows
from smsreports.telemetry.underway import note

JSON = ("application/json",)


class DialectViewSet(GenericViewSet[Any]):
    """A view that speaks the dialect it is mounted under; `smsreports.routing` mounts it."""

    dialect: Dialect = None  # type: ignore[assignment]  # given by as_view
    door: Path = None  # type: ignore[assignment]  # given by as_view
    media_types: Sequence[str] = JSON
    # What the published description says of it in every dialect.
    traits: ClassVar[Traits] = Traits(shapes=SHAPES)
    # OPTIONS would describe the view in DRF's own words, which are no dialect's.
    http_method_names = ["get", "head", "post"]
    # DRF's suffixes (`messages.json`) do not exist here.
    format_kwarg = None
    allowance: Allowance | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """A key first, then its share of the minute, then its scope: a refused caller costs nobody anything."""
        note(dialect=self.dialect.slug)
        self.perform_authentication(request)
        note(account=self.account.pk, key=self.key.prefix)
        self.allowance = spend(self.account, self.dialect.slug)
        if self.allowance.exceeded:
            raise exceptions.Throttled(self.allowance.wait)
        if self.door.scope not in self.key.scopes:
            raise exceptions.PermissionDenied(f"This requires an API key with the scope {self.door.scope}.")
        negotiated = self.perform_content_negotiation(request)
        request.accepted_renderer, request.accepted_media_type = negotiated

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        for name, value in self.dialect.limit_headers(self.allowance or untouched()).items():
            response[name] = value
        return response

    @property
    def key(self) -> ApiKey:
        key: ApiKey = self.request.auth  # type: ignore[assignment]  # what KeyAuthentication found
        return key

    @property
    def account(self) -> Account:
        return self.key.account

    @cached_property
    def asked(self) -> Asked:
        return self.door.params(self.request.META.get("QUERY_STRING", ""))

    def get_authenticators(self) -> list[BaseAuthentication]:
        return [self.dialect.authentication(self.sent)]

    def sent(self, key: ApiKey) -> bytes:
        """The body as it was sent, which is what is signed; of a view that takes in none, none."""
        return b""

    def get_content_negotiator(self) -> BaseContentNegotiation:
        return Negotiation(self.media_types if self.dialect.negotiates else ())

    @property
    def pagination_class(self) -> type[BasePagination]:  # type: ignore[override]
        return self.dialect.pagination

    def written(self, rows: Sequence[Any]) -> list[Any]:
        """The rows in the dialect's own keys."""
        return [self.door.row(row) for row in rows]


class SmsViewSet(DialectViewSet):
    """The list of one source, which declares what is read, and how it is narrowed and ordered."""

    # The source's word, its `objects` (an OfAccount), and the field that is a row's own time.
    slug: ClassVar[str]
    rows: Any
    time: ClassVar[str]
    filterset_class: ClassVar[type[FilterSet]]
    serializer_class: type[RowSerializer]

    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.listing())  # type: ignore[arg-type]  # a Listing is no QuerySet
        return self.get_paginated_response(self.written(self.get_serializer(page, many=True).data))

    @classmethod
    @cache
    def shown(cls) -> Rows:
        """The declaration as rows of a list."""
        columns = {name: F(name) for name in cls.serializer_class.columns}
        return Rows(cls.rows.for_account, cls.filterset_class, cls.time, cls.slug, columns)

    def listing(self) -> Listing:
        return narrowed(self.account, {self.slug: self.shown()}, self.asked, time=self.time)
