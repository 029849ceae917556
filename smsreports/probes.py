"""Health, readiness and metrics endpoints. They need no credentials and accept any Host header."""

from ipaddress import ip_address

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from smsreports.database.pinger import pinger
from smsreports.serving import shutdown
from smsreports.telemetry.metrics import get_metrics

NO_DATABASE = "the database does not answer"


class NotReady(Exception):
    """Raised with the reason why this process should get no requests."""


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Return 200 if this process and its database answer, else 503."""
    try:
        pinger.check_health()
    except (DatabaseError, InterfaceError):
        return JsonResponse({"status": NO_DATABASE}, status=503)
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Return 200 if this process can answer requests, else 503.

    The database must answer, accept writes and have our tables, and the process must not be shutting down.
    """
    try:
        _check_readiness()
    except NotReady as error:
        return JsonResponse({"status": str(error)}, status=503)
    return JsonResponse({"status": "ready"})


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Return the metrics of all workers in Prometheus' format. Raises Http404 outside METRICS_FROM."""
    # A late import, for the reason in `smsreports.telemetry.metrics`.
    from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

    if not _may_read_metrics(request):
        raise Http404
    return HttpResponse(generate_latest(get_metrics().registry), CONTENT_TYPE_LATEST)


def _check_readiness() -> None:
    """Raise NotReady with the first reason found."""
    if shutdown.is_shutting_down():
        raise NotReady("stopping")
    try:
        health = pinger.check_health()
    except (DatabaseError, InterfaceError):
        get_metrics().database_faults.inc()
        raise NotReady(NO_DATABASE) from None
    if health.is_read_only:
        raise NotReady("the database is read-only")
    if not health.is_migrated:
        raise NotReady("migrations are not applied")


def _may_read_metrics(request: HttpRequest) -> bool:
    """Return True if the request comes directly from an address in METRICS_FROM.

    A request through a proxy may come from anywhere, whatever the proxy's own address is.
    """
    if "HTTP_X_FORWARDED_FOR" in request.META or "HTTP_FORWARDED" in request.META:
        return False
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:  # there is no address over a Unix socket
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in network for network in settings.METRICS_FROM)
