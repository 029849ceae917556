"""Viewset bases of all dialects: authentication, rate limit, scope, list request and rendering."""

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
    """View of one endpoint of a dialect. `smsreports.routing` mounts it once for each."""

    dialect: Dialect = None  # type: ignore[assignment]  # given by as_view
    endpoint: Endpoint = None  # type: ignore[assignment]  # given by as_view
    media_types: Sequence[str] = JSON_MEDIA_TYPES
    # The part of the OpenAPI document that is the same in every dialect.
    spec: ClassVar[ViewSpec] = ViewSpec(schemas=SCHEMAS)
    # Without OPTIONS, for which DRF would return a format that no dialect has.
    http_method_names = ["get", "head", "post"]
    # DRF's suffixes (`messages.json`) do not exist here.
    format_kwarg = None
    rate_limit: RateLimitState | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Authenticate, apply the rate limit, check the scope, and negotiate last."""
        add_log_fields(dialect=self.dialect.slug)
        self.perform_authentication(request)
        add_log_fields(account=self.account.pk, key=self.key.prefix)
        self.rate_limit = consume_request(self.account, self.dialect.slug)
        if self.rate_limit.is_exceeded:
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
        key: ApiKey = self.request.auth  # type: ignore[assignment]  # set by KeyAuthentication
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
        """Return the raw body, which signatures cover. Views that read no body leave it empty."""
        return b""

    def get_content_negotiator(self) -> BaseContentNegotiation:
        return DialectNegotiation(self.media_types if self.dialect.negotiates else ())

    @property
    def pagination_class(self) -> type[BasePagination]:  # type: ignore[override]
        return self.dialect.pagination

    def render_rows(self, rows: Sequence[Any]) -> list[Any]:
        """Return the rows with the dialect's keys."""
        return [self.endpoint.render_row(row) for row in rows]


class SourceViewSet(DialectViewSet):
    """List of one source. A subclass declares what is read, filtered and ordered."""

    # The source's slug, its account-scoped manager, and the field that orders the list.
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
        """Return the declaration as a table that listings read."""
        columns = {name: F(name) for name in cls.serializer_class.columns}
        return SourceTable(cls.manager.for_account, cls.filterset_class, cls.time_field, cls.slug, columns)

    def get_listing(self) -> Listing:
        return build_listing(
            self.account, {self.slug: self.as_source_table()}, self.list_request, time_column=self.time_field
        )
