"""The unified list, its export, and the list of items (requests and broadcasts)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from django.conf import settings
from django.http import StreamingHttpResponse
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from smsreports.accounts.addresses import client_address
from smsreports.accounts.models import Account
from smsreports.api.legs import Leg
from smsreports.api.listing import Listing
from smsreports.api.snapshot import snapshot, time_limit
from smsreports.api.viewsets import DialectViewSet
from smsreports.audit.recording import Entry
from smsreports.counters.reading import sums
from smsreports.dialects.described import Traits
from smsreports.export.stream import HEADERS, response
from smsreports.sources import Receivers, Source, asked_for, registered
from smsreports.unified.exports import file
from smsreports.unified.joined import items, unified


class JoinedViewSet(DialectViewSet):
    """What the joined views share: the sources that were asked for."""

    @property
    def sources(self) -> list[Source]:
        return list(asked_for(self.asked.source))

    def unified(self) -> Listing:
        """Every SMS of these sources, as the caller narrowed it."""
        return unified(self.account, self.sources, self.asked)

    def page_of(self, listing: Listing) -> list[Any]:
        page: list[Any] = self.paginate_queryset(listing)  # type: ignore[arg-type,assignment]  # no QuerySet
        return page


class UnifiedViewSet(JoinedViewSet):
    """Every SMS, one row each."""

    def list(self, request: Request) -> Response:
        return self.get_paginated_response(self.written(self.page_of(self.unified())))


class ExportViewSet(JoinedViewSet):
    """The unified list as a file."""

    media_types = ("text/csv", "application/x-ndjson", "application/json", "application/octet-stream")
    traits: ClassVar[Traits] = Traits(headers=HEADERS)

    def export(self, request: Request) -> StreamingHttpResponse:
        found = file(self.unified(), self.door.columns, self.asked.format)
        asked = self.asked
        entry = Entry(self.account, self.key, client_address(request._request), asked.told, asked.format)
        return response(request._request, found, entry)


class ItemViewSet(JoinedViewSet):
    """Requests and broadcasts, one row each, with their receivers."""

    def list(self, request: Request) -> Response:
        with time_limit(settings.LIST_SECONDS), snapshot():
            page = self.page_of(items(self.account, self.sources, self.asked))
            return self.get_paginated_response(self.written(with_receivers(self.account, self.sources, page)))

    def retrieve(self, request: Request, key: str) -> Response:
        with snapshot():
            for source in registered() if "\0" not in key else ():
                found = Leg(source.items, {"account": self.account.pk}).one(source.key, key)
                if item := Listing([found], time="created_at", scope=None).newest():
                    return Response(self.written(with_receivers(self.account, [source], [item]))[0])
        raise NotFound("Message not found")

    def figures(self) -> Mapping[str, Mapping[str, Any]]:
        """The measures of SMS by status group, over all that the list's window holds."""
        scope = self.unified().scope
        assert scope is not None  # this view has no filter that counters do not cover
        return sums(scope).get((), {})


def with_receivers(
    account: Account, sources: Iterable[Source], items: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Each item with its receivers; a fixed number of queries a source, however many items there are."""
    found: dict[tuple[str, int], Receivers] = {}
    for source in sources:
        ids = [item["id"] for item in items if item["source"] == source.slug]
        found |= {(source.slug, item): who for item, who in source.receivers(account, ids).items()}
    return [_with(item, found[item["source"], item["id"]]) for item in items]


def _with(item: Mapping[str, Any], receivers: Receivers) -> dict[str, Any]:
    changes = [item["created_at"], receivers.updated_at]
    return {
        **item,
        "segments": receivers.segments,
        "updated_at": max(change for change in changes if change is not None),
        "receiver_total": receivers.total,
        "receivers": receivers.first,
    }
