"""The only file that sees dialects and sources: joins them by slug."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, re_path
from django.views.decorators.csrf import csrf_exempt
from rest_framework.exceptions import NotFound

from smsreports.api.errors import answer_outside_views, dialects
from smsreports.audit.views import AuditViewSet, ReceiptViewSet
from smsreports.dialects.base import Dialect
from smsreports.ingest.gateways.views import GatewayViewSet
from smsreports.ingest.status import StatusViewSet
from smsreports.ingest.views import IngestViewSet
from smsreports.sources import registered
from smsreports.unified.stats import StatsViewSet
from smsreports.unified.views import ExportViewSet, ItemViewSet, UnifiedViewSet

VIEWS: dict[str, type[Any]] = {
    "unified": UnifiedViewSet,
    "export": ExportViewSet,
    "receipt": ReceiptViewSet,
    "audit": AuditViewSet,
    "items": ItemViewSet,
    "stats": StatsViewSet,
    "ingest": IngestViewSet,
    "gateways": GatewayViewSet,
    "status": StatusViewSet,
}


def urlpatterns() -> list[URLPattern]:
    """Every dialect's addresses, and below each prefix its own 404 for all the others."""
    return [pattern for dialect in dialects() for pattern in _patterns(dialect)]


def _patterns(dialect: Dialect) -> Iterator[URLPattern]:
    views = VIEWS | {source.slug: source.viewset for source in registered()}
    for door in dialect.paths:
        actions = {method.lower(): door.action for method in door.methods}
        view = views[door.view].as_view(actions, dialect=dialect, door=door)
        yield path(dialect.prefix + door.route, view, name=f"{dialect.slug}-{door.view}-{door.action}")
    yield re_path(rf"^{dialect.prefix}", csrf_exempt(_unknown), name=f"{dialect.slug}-unknown")


def _unknown(request: HttpRequest) -> HttpResponse:
    answer = answer_outside_views(request, NotFound("There is no endpoint at this address."))
    assert answer is not None
    return answer
