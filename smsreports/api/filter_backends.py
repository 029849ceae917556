"""Filter backend of lists."""

from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request
from rest_framework.views import APIView

from smsreports.openapi.schemas import Schema
from smsreports.queries.listing import AccountTables, Listing


class DialectFilterBackend(BaseFilterBackend):
    """Filters a list by its query string, which the dialect reads and the FilterSet of each table checks and applies.

    The queries are compiled once for each combination of filters (see `smsreports.queries.source_query`), so this is
    not django-filter's own backend, which builds a form and a queryset for each request.
    """

    def filter_queryset(  # type: ignore[override]  # tables of several models are no QuerySet
        self, request: Request, queryset: AccountTables, view: APIView
    ) -> Listing:
        return queryset.filter(view.list_request)  # type: ignore[attr-defined]  # a DialectViewSet

    def get_schema_operation_parameters(self, view: APIView) -> list[Schema]:
        """Return all parameters that the dialect reads from the query string, those of pages among them."""
        return [parameter.build_openapi() for parameter in view.endpoint.query_parameters]  # type: ignore[attr-defined]
