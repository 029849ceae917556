"""Views of the unified list, its export, and the list of items (requests and broadcasts)."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, cast

from django.conf import settings
from django.http import StreamingHttpResponse
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from smsreports.accounts.client_address import client_address
from smsreports.accounts.models import Account
from smsreports.api.serializers import MappingSerializer
from smsreports.api.viewsets import ListViewSet
from smsreports.audit.recorder import ExportRecorder
from smsreports.counters.queries import GroupFigures, sum_by
from smsreports.database.snapshot import read_snapshot, time_limit
from smsreports.export.stream import HEADERS, build_export_response
from smsreports.openapi.spec import ViewSpec
from smsreports.queries.listing import AccountTables, Listing
from smsreports.queries.rows import BareItemRow, ItemRow, Row
from smsreports.queries.source_query import SourceQuery
from smsreports.sources import Receivers, Source, get_sources, get_sources_for
from smsreports.unified.exports import build_export
from smsreports.unified.listings import get_item_tables, get_unified_tables
from smsreports.unified.serializers import ItemSerializer, UnifiedSerializer


class UnifiedViewSet(ListViewSet):
    """Every SMS, one row each, of the sources that the `source` parameter selects."""

    serializer_class: type[MappingSerializer] = UnifiedSerializer

    @property
    def sources(self) -> list[Source]:
        return get_sources_for(self.list_request.source)

    def get_queryset(self) -> AccountTables:  # type: ignore[override]
        return get_unified_tables(self.account, self.sources)


class ExportViewSet(UnifiedViewSet):
    """The unified list as a file."""

    media_types = ("text/csv", "application/x-ndjson", "application/json", "application/octet-stream")
    spec: ClassVar[ViewSpec] = ViewSpec(headers=HEADERS)

    def export(self, request: Request) -> StreamingHttpResponse:
        list_request = self.list_request
        spec = build_export(self.get_listing(), self.endpoint.columns, list_request.format)
        recorder = ExportRecorder(
            self.account,
            self.key,
            client_address(request._request),
            list_request.raw_filters,
            list_request.format,
        )
        return build_export_response(request._request, spec, recorder)


class ItemViewSet(UnifiedViewSet):
    """Requests and broadcasts, one row each, with their receivers."""

    serializer_class = ItemSerializer

    def list(self, request: Request, **url_values: object) -> Response:
        with time_limit(settings.LIST_SECONDS), read_snapshot():
            return super().list(request)

    def get_queryset(self) -> AccountTables:  # type: ignore[override]
        return get_item_tables(self.account, self.sources)

    def complete_rows(self, rows: Sequence[Row]) -> Sequence[Row]:
        return attach_receivers(self.account, self.sources, rows)

    def retrieve(self, request: Request, key: str) -> Response:
        with read_snapshot():
            for source in get_sources() if "\0" not in key else ():
                source_query = SourceQuery(source.items, {"account": self.account.pk}).where_key(source.item_key, key)
                if item := Listing([source_query], time_column="created_at", scope=None).get_first():
                    (row,) = attach_receivers(self.account, [source], [item])
                    return Response(self.endpoint.render_row(row))
        raise NotFound("Message not found")

    def get_figures(self) -> GroupFigures:
        """Return the measures of SMS by status group, over the window of the list."""
        scope = get_unified_tables(self.account, self.sources).filter(self.list_request).scope
        assert scope is not None  # the counters cover every filter of this view
        return sum_by(scope).get((), {})


def attach_receivers(account: Account, sources: Iterable[Source], items: Sequence[Row]) -> Sequence[ItemRow]:
    """Return the items with their receivers. The number of queries per source does not depend on that of items."""
    bare_items = cast(Sequence[BareItemRow], items)
    receivers: dict[tuple[str, int], Receivers] = {}
    for source in sources:
        ids = [item["id"] for item in bare_items if item["source"] == source.slug]
        receivers |= {(source.slug, pk): value for pk, value in source.receivers(account, ids).items()}
    return [_attach_to_item(item, receivers[item["source"], item["id"]]) for item in bare_items]


def _attach_to_item(item: BareItemRow, receivers: Receivers) -> ItemRow:
    times = [item["created_at"], receivers.updated_at]
    return {
        **item,
        "segments": receivers.segments,
        "updated_at": max(time for time in times if time is not None),
        "receiver_total": receivers.total,
        "receivers": receivers.rows,
    }
