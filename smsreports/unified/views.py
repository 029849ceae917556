"""Views of the unified list, its export, and the list of items (requests and broadcasts)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from django.conf import settings
from django.http import StreamingHttpResponse
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from smsreports.accounts.client_address import client_address
from smsreports.accounts.models import Account
from smsreports.api.viewsets import DialectViewSet
from smsreports.audit.recorder import ExportRecorder
from smsreports.counters.queries import sum_by
from smsreports.database.snapshot import read_snapshot, time_limit
from smsreports.export.stream import HEADERS, build_export_response
from smsreports.openapi.spec import ViewSpec
from smsreports.queries.listing import Listing
from smsreports.queries.source_query import SourceQuery
from smsreports.sources import Receivers, Source, get_sources, get_sources_for
from smsreports.unified.exports import build_export
from smsreports.unified.listings import build_item_listing, build_unified_listing


class JoinedViewSet(DialectViewSet):
    """Base of the views over several sources; the `source` parameter selects which."""

    @property
    def sources(self) -> list[Source]:
        return list(get_sources_for(self.list_request.source))

    def get_unified_listing(self) -> Listing:
        """Build the listing of every SMS of the selected sources that matches the filters."""
        return build_unified_listing(self.account, self.sources, self.list_request)

    def get_page(self, listing: Listing) -> list[Any]:
        page: list[Any] = self.paginate_queryset(listing)  # type: ignore[arg-type,assignment]  # no QuerySet
        return page


class UnifiedViewSet(JoinedViewSet):
    """Every SMS, one row each."""

    def list(self, request: Request) -> Response:
        return self.get_paginated_response(self.render_rows(self.get_page(self.get_unified_listing())))


class ExportViewSet(JoinedViewSet):
    """The unified list as a file."""

    media_types = ("text/csv", "application/x-ndjson", "application/json", "application/octet-stream")
    spec: ClassVar[ViewSpec] = ViewSpec(headers=HEADERS)

    def export(self, request: Request) -> StreamingHttpResponse:
        list_request = self.list_request
        spec = build_export(self.get_unified_listing(), self.endpoint.columns, list_request.format)
        recorder = ExportRecorder(
            self.account,
            self.key,
            client_address(request._request),
            list_request.raw_filters,
            list_request.format,
        )
        return build_export_response(request._request, spec, recorder)


class ItemViewSet(JoinedViewSet):
    """Requests and broadcasts, one row each, with their receivers."""

    def list(self, request: Request) -> Response:
        with time_limit(settings.LIST_SECONDS), read_snapshot():
            page = self.get_page(build_item_listing(self.account, self.sources, self.list_request))
            return self.get_paginated_response(self.render_rows(attach_receivers(self.account, self.sources, page)))

    def retrieve(self, request: Request, key: str) -> Response:
        with read_snapshot():
            for source in get_sources() if "\0" not in key else ():
                source_query = SourceQuery(source.items, {"account": self.account.pk}).where_key(source.item_key, key)
                if item := Listing([source_query], time_column="created_at", scope=None).get_first():
                    return Response(self.render_rows(attach_receivers(self.account, [source], [item]))[0])
        raise NotFound("Message not found")

    def get_figures(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the measures of SMS by status group, over the window of the list."""
        scope = self.get_unified_listing().scope
        assert scope is not None  # the counters cover every filter of this view
        return sum_by(scope).get((), {})


def attach_receivers(
    account: Account, sources: Iterable[Source], items: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return the items with their receivers. The number of queries per source does not depend on that of items."""
    receivers: dict[tuple[str, int], Receivers] = {}
    for source in sources:
        ids = [item["id"] for item in items if item["source"] == source.slug]
        receivers |= {(source.slug, pk): value for pk, value in source.receivers(account, ids).items()}
    return [_attach_to_item(item, receivers[item["source"], item["id"]]) for item in items]


def _attach_to_item(item: Mapping[str, Any], receivers: Receivers) -> dict[str, Any]:
    times = [item["created_at"], receivers.updated_at]
    return {
        **item,
        "segments": receivers.segments,
        "updated_at": max(time for time in times if time is not None),
        "receiver_total": receivers.total,
        "receivers": receivers.rows,
    }
