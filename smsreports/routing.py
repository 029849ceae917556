"""URL patterns of all dialects. Only this module joins dialects with sources and their lists."""

from collections.abc import Callable, Iterator, Mapping

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, re_path
from django.views.decorators.csrf import csrf_exempt
from rest_framework.exceptions import NotFound

from smsreports.api.errors import get_dialects, render_error_for_path
from smsreports.api.viewsets import DialectViewSet
from smsreports.audit.views import AuditViewSet, ManifestViewSet
from smsreports.dialects.base import Dialect, Endpoint
from smsreports.ingest.gateways.views import GatewayViewSet
from smsreports.ingest.message_status import StatusViewSet
from smsreports.ingest.views import IngestViewSet
from smsreports.sources import get_source_lists
from smsreports.unified.stats import StatsViewSet
from smsreports.unified.views import ExportViewSet, ItemViewSet, UnifiedViewSet

VIEWS: Mapping[str, type[DialectViewSet]] = {
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
    views = {**VIEWS, **{source_list.name: source_list.viewset for source_list in get_source_lists()}}
    for endpoint in dialect.list_endpoints():
        actions = {method.lower(): endpoint.action for method in endpoint.methods}
        view = _mount_view(views[endpoint.view], actions, dialect, endpoint)
        yield path(dialect.prefix + endpoint.route, view, name=f"{dialect.slug}-{endpoint.view}-{endpoint.action}")
    yield re_path(rf"^{dialect.prefix}", csrf_exempt(_render_unknown_path), name=f"{dialect.slug}-unknown")


def _mount_view(
    view: type[DialectViewSet], actions: Mapping[str, str], dialect: Dialect, endpoint: Endpoint
) -> Callable[..., HttpResponseBase]:
    return view.as_view(
        dict(actions),
        dialect=dialect,
        endpoint=endpoint,
        authentication_classes=view.authentication_classes or [dialect.authentication],
        pagination_class=dialect.pagination,
    )


def _render_unknown_path(request: HttpRequest) -> HttpResponse:
    response = render_error_for_path(request, NotFound("There is no endpoint at this address."))
    assert response is not None
    return response
