"""Viewset bases of all dialects."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from django.utils.functional import cached_property
from django_filters import FilterSet
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from smsreports.accounts.authentication import KeyAuthentication
from smsreports.accounts.managers import narrow_to_account
from smsreports.accounts.models import Account, ApiKey
from smsreports.accounts.throttling import RateLimitState, unlimited_state
from smsreports.api.filter_backends import DialectFilterBackend
from smsreports.api.negotiation import DialectNegotiation
from smsreports.api.permissions import HasScope
from smsreports.api.serializers import MappingSerializer
from smsreports.api.throttling import AccountRateThrottle
from smsreports.dialects.base import Dialect, Endpoint
from smsreports.openapi.spec import ViewSpec
from smsreports.queries.filters import SCHEMAS
from smsreports.queries.list_request import ListRequest
from smsreports.queries.listing import AccountTables, Listing
from smsreports.queries.pagination import LinkHeaderPagination
from smsreports.queries.query_string import QueryString
from smsreports.queries.rows import Row
from smsreports.sources import SourceTable, get_source_of
from smsreports.telemetry.request_context import add_log_fields

JSON_MEDIA_TYPES = ("application/json",)


class DialectViewSet(GenericViewSet[Model]):
    """View of one endpoint of a dialect. `smsreports.routing` mounts it once for each."""

    # Given by routing, with the authentication and the pagination of the dialect where the view has none of its own.
    dialect: Dialect = None  # type: ignore[assignment]
    endpoint: Endpoint = None  # type: ignore[assignment]
    authentication_classes: Sequence[type[KeyAuthentication]] = ()
    pagination_class: type[LinkHeaderPagination] = None  # type: ignore[assignment]
    throttle_classes = [AccountRateThrottle]
    permission_classes = [HasScope]
    filter_backends: Sequence[type[DialectFilterBackend]] = [DialectFilterBackend]
    content_negotiation_class = DialectNegotiation
    # What the view can answer with. `Accept` must allow one of them.
    media_types: Sequence[str] = JSON_MEDIA_TYPES
    # The part of the OpenAPI document that is the same in every dialect.
    spec: ClassVar[ViewSpec] = ViewSpec(schemas=SCHEMAS)
    # Without OPTIONS, for which DRF would return a format that no dialect has.
    http_method_names = ["get", "head", "post"]
    # DRF's suffixes (`messages.json`) do not exist here.
    format_kwarg = None
    # Set by AccountRateThrottle.
    rate_limit: RateLimitState | None = None

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Run DRF's checks, but the rate limit before the scope, and negotiate last.

        So a stranger learns nothing but that a key is needed.
        """
        add_log_fields(dialect=self.dialect.slug)
        self.perform_authentication(request)
        add_log_fields(account=self.account.pk, key=self.key.prefix)
        self.check_throttles(request)
        self.check_permissions(request)
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)

    def finalize_response(self, request: Request, response: Response, *args: object, **kwargs: object) -> Response:
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
        raw, names = self.request.META.get("QUERY_STRING", ""), self.endpoint.query_names
        return self.endpoint.parse_query(QueryString(raw, names, empty_is_absent=self.dialect.empty_is_absent))

    def get_raw_body(self, key: ApiKey) -> bytes:
        """Return the raw body, which signatures cover. Views that read no body leave it empty."""
        return b""


class ListViewSet(DialectViewSet):
    """Base of lists. DRF's steps, with AccountTables for the queryset and a Listing for the filtered one.

    A QuerySet would be built and compiled for each request, which takes as long as running it.
    """

    serializer_class: type[MappingSerializer]

    def list(self, request: Request, **url_values: object) -> Response:
        page: Sequence[Row] = self.paginate_queryset(self.get_listing())  # type: ignore[arg-type,assignment]
        serializer = self.get_serializer(self.complete_rows(page), many=True)
        return self.get_paginated_response(serializer.data)

    def get_queryset(self) -> AccountTables:  # type: ignore[override]
        """Return the rows of the caller's account."""
        raise NotImplementedError

    def get_listing(self) -> Listing:
        """Return the rows that pass the filters of the request."""
        listing: Listing = self.filter_queryset(self.get_queryset())  # type: ignore[arg-type,assignment]
        return listing

    def complete_rows(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Return the rows of a page with what their tables do not hold, by a fixed number of queries."""
        return rows


class SourceViewSet(ListViewSet):
    """List of one source, newest first. A subclass declares what is read, filtered and ordered."""

    queryset: QuerySet[Any]
    filterset_class: ClassVar[type[FilterSet]]
    # Newest first; the first field is the row's time.
    ordering: ClassVar[tuple[str, str]]
    # The counters' measure that counts one for each row.
    measure: ClassVar[str] = "sms"
    # False for a list that shows all times unless the request names some.
    has_default_period: ClassVar[bool] = True
    # True if each row has the measures of its SMS by status group, as `figures`.
    has_figures: ClassVar[bool] = False

    def get_queryset(self) -> AccountTables:  # type: ignore[override]
        table = self.as_source_table()
        tables = {get_source_of(self.queryset.model).slug: table}
        return AccountTables(self.account, tables, table.time_field, self.measure)

    @classmethod
    def as_source_table(cls) -> SourceTable:
        """Return the declaration as a table that listings read, always the same one."""
        return _build_source_table(cls)


@cache
def _build_source_table(viewset: type[SourceViewSet]) -> SourceTable:
    return SourceTable(
        partial(narrow_to_account, viewset.queryset),
        viewset.filterset_class,
        viewset.ordering[0].removeprefix("-"),
        get_source_of(viewset.queryset.model).sms.source_label,
        viewset.serializer_class.build_expressions(),
    )
