"""What machines ask: is it up, may it get requests, how does it do. None asks for credentials or by a host's name."""

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
    """Why this process should get no requests."""


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 when this process and its database answer, else 503."""
    try:
        pinger.ask()
    except (DatabaseError, InterfaceError):
        return JsonResponse({"status": NO_DATABASE}, status=503)
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when requests can be answered: the database answers, takes writes and has our tables, and nobody told this
    process to stop."""
    try:
        _check()
    except NotReady as why:
        return JsonResponse({"status": str(why)}, status=503)
    return JsonResponse({"status": "ready"})


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The counts of all workers, for Prometheus, if it asks from one of METRICS_FROM."""
    # Late, as in `smsreports.telemetry.metrics`.
    from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

    if not _may_read(request):
        raise Http404
    return HttpResponse(generate_latest(get_metrics().registry), CONTENT_TYPE_LATEST)


def _check() -> None:
    """Raises NotReady."""
    if shutdown.is_shutting_down():
        raise NotReady("stopping")
    try:
        health = pinger.ask()
    except (DatabaseError, InterfaceError):
        get_metrics().database_faults.inc()
        raise NotReady(NO_DATABASE) from None
    if health.is_read_only:
        raise NotReady("the database is read-only")
    if not health.is_migrated:
        raise NotReady("migrations are not applied")


def _may_read(request: HttpRequest) -> bool:
    """Prometheus asks directly. What a proxy passes on comes from anywhere, whatever address the proxy has."""
    if "HTTP_X_FORWARDED_FOR" in request.META or "HTTP_FORWARDED" in request.META:
        return False
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:  # none, as over a Unix socket
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in network for network in settings.METRICS_FROM)
