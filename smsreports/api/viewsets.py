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

from smsreports.accounts.models import Account, ApiKey
from smsreports.accounts.throttling import RateLimitState, consume_request, unlimited_state
from smsreports.api.negotiation import DialectNegotiation
from smsreports.api.serializers import MappingSerializer
from smsreports.dialects.base import Dialect, Endpoint
from smsreports.openapi.spec import ViewSpec
from smsreports.queries.filters import SCHEMAS
from smsreports.queries.list_request import ListRequest
from smsreports.queries.listing import Listing, build_listing
from smsreports.sources import SourceTable
from smsreports.telemetry.request_context import add_log_fields

JSON_MEDIA_TYPES = ("application/json",)


class DialectViewSet(GenericViewSet[Any]):
    """A view that speaks the dialect it is mounted under; `smsreports.routing` mounts it."""

    dialect: Dialect = None  # type: ignore[assignment]  # given by as_view
    endpoint: Endpoint = None  # type: ignore[assignment]  # given by as_view
    media_types: Sequence[str] = JSON_MEDIA_TYPES
    # What the published description says of it in every dialect.
    spec: ClassVar[ViewSpec] = ViewSpec(schemas=SCHEMAS)
    # OPTIONS would describe the view in DRF's own words, which are no dialect's.
    http_method_names = ["get", "head", "post"]
    # DRF's suffixes (`messages.json`) do not exist here.
    format_kwarg = None
    rate_limit: RateLimitState | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """A key first, then its share of the minute, then its scope: a refused caller costs nobody anything."""
        add_log_fields(dialect=self.dialect.slug)
        self.perform_authentication(request)
        add_log_fields(account=self.account.pk, key=self.key.prefix)
        self.rate_limit = consume_request(self.account, self.dialect.slug)
        if self.rate_limit.exceeded:
            raise exceptions.Throttled(self.rate_limit.retry_after)
        if self.endpoint.scope not in self.key.scopes:
            raise exceptions.PermissionDenied(f"This requires an API key with the scope {self.endpoint.scope}.")
        negotiated = self.perform_content_negotiation(request)
        request.accepted_renderer, request.accepted_media_type = negotiated

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        for name, value in self.dialect.build_rate_limit_headers(self.rate_limit or unlimited_state()).items():
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
    def list_request(self) -> ListRequest:
        return self.endpoint.parse_query(self.request.META.get("QUERY_STRING", ""))

    def get_authenticators(self) -> list[BaseAuthentication]:
        return [self.dialect.authentication(self.get_raw_body)]

    def get_raw_body(self, key: ApiKey) -> bytes:
        """The body as it was sent, which is what is signed; of a view that takes in none, none."""
        return b""

    def get_content_negotiator(self) -> BaseContentNegotiation:
        return DialectNegotiation(self.media_types if self.dialect.negotiates else ())

    @property
    def pagination_class(self) -> type[BasePagination]:  # type: ignore[override]
        return self.dialect.pagination

    def render_rows(self, rows: Sequence[Any]) -> list[Any]:
        """The rows in the dialect's own keys."""
        return [self.endpoint.render_row(row) for row in rows]


class SourceViewSet(DialectViewSet):
    """The list of one source, which declares what is read, and how it is narrowed and ordered."""

    # The source's word, its `objects` (an OfAccount), and the field that is a row's own time.
    slug: ClassVar[str]
    manager: Any
    time_field: ClassVar[str]
    filterset_class: ClassVar[type[FilterSet]]
    serializer_class: type[MappingSerializer]

    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.get_listing())  # type: ignore[arg-type]  # a Listing is no QuerySet
        return self.get_paginated_response(self.render_rows(self.get_serializer(page, many=True).data))

    @classmethod
    @cache
    def as_source_table(cls) -> SourceTable:
        """The declaration as rows of a list."""
        columns = {name: F(name) for name in cls.serializer_class.columns}
        return SourceTable(cls.manager.for_account, cls.filterset_class, cls.time_field, cls.slug, columns)

    def get_listing(self) -> Listing:
        return build_listing(self.account, {self.slug: self.as_source_table()}, self.list_request, time=self.time_field)
