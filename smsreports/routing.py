"""URL patterns of all dialects. Only this module joins dialects with sources, by slug."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, re_path
from django.views.decorators.csrf import csrf_exempt
from rest_framework.exceptions import NotFound

from smsreports.api.errors import get_dialects, render_error_for_path
from smsreports.audit.views import AuditViewSet, ManifestViewSet
from smsreports.dialects.base import Dialect
from smsreports.ingest.gateways.views import GatewayViewSet
from smsreports.ingest.message_status import StatusViewSet
from smsreports.ingest.views import IngestViewSet
from smsreports.sources import get_sources
from smsreports.unified.stats import StatsViewSet
from smsreports.unified.views import ExportViewSet, ItemViewSet, UnifiedViewSet

VIEWS: dict[str, type[Any]] = {
    "unified": UnifiedViewSet,
    "export": ExportViewSet,
    "receipt": ManifestViewSet,
    "audit": AuditViewSet,
    "items": ItemViewSet,
    "stats": StatsViewSet,
    "ingest": IngestViewSet,
    "gateways": GatewayViewSet,
    "status": StatusViewSet,
}


def build_urlpatterns() -> list[URLPattern]:
    """Return the patterns of all endpoints. Each dialect answers unknown paths below its prefix with its own 404."""
    return [pattern for dialect in get_dialects() for pattern in _build_patterns(dialect)]


def _build_patterns(dialect: Dialect) -> Iterator[URLPattern]:
    views = VIEWS | {source.slug: source.viewset for source in get_sources()}
    for endpoint in dialect.endpoints:
        actions = {method.lower(): endpoint.action for method in endpoint.methods}
        view = views[endpoint.view].as_view(actions, dialect=dialect, endpoint=endpoint)
        yield path(dialect.prefix + endpoint.route, view, name=f"{dialect.slug}-{endpoint.view}-{endpoint.action}")
    yield re_path(rf"^{dialect.prefix}", csrf_exempt(_render_unknown_path), name=f"{dialect.slug}-unknown")


def _render_unknown_path(request: HttpRequest) -> HttpResponse:
    response = render_error_for_path(request, NotFound("There is no endpoint at this address."))
    assert response is not None
    return response
