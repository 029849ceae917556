"""Request ids and access log: an id for each request, and a log line when its response has been sent."""

import logging
from collections.abc import Callable
from functools import partial

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from smsreports.telemetry.host_check import is_probe
from smsreports.telemetry.metrics import get_metrics
from smsreports.telemetry.request_context import RequestContext, begin_request

HEADER = "X-Request-ID"
NO_VALUE = "-"
# Values of the metrics' label. Clients can invent any number of methods.
METHODS = ("GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE")
logger = logging.getLogger(__name__)


class RequestMiddleware:
    """Sets the request id and writes the log line.

    It must be the first in MIDDLEWARE: a response of an earlier one would have neither.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        context = begin_request(request.META.get("HTTP_X_REQUEST_ID", ""))
        get_metrics().underway.inc()
        response = self._get_response(request)
        response[HEADER] = context.id
        # The server closes a response after it has sent it or failed to. A stream has only then ended.
        length = response.get("Content-Length")
        record_request = partial(_record_request, request, context, response.status_code, length)
        response._resource_closers.append(record_request)  # type: ignore[attr-defined]  # as FileResponse does
        return response


def _record_request(request: HttpRequest, context: RequestContext, status: int, length: str | None) -> None:
    route, seconds = get_route(request), context.seconds
    method = request.method if request.method in METHODS else NO_VALUE
    dialect = str(context.log_fields.get("dialect", NO_VALUE))
    get_metrics().record_response(dialect, route, method, status, seconds)
    # Probes come every few seconds and matter only when they fail.
    level = logging.DEBUG if status < 400 and is_probe(request) else logging.INFO
    if logger.isEnabledFor(level):
        fields = {"method": request.method, "route": route, "status": status, "ms": round(seconds * 1000, 1)}
        if length is not None:
            fields["bytes"] = int(length)
        logger.log(level, "request", extra={"log_fields": fields | context.log_fields})


def get_route(request: HttpRequest) -> str:
    """Return the pattern of the URL, because the path itself may contain an id.

    Returns NO_VALUE for a static file, for an unknown URL, and for a response that was sent before URL resolution.
    """
    return request.resolver_match.route if request.resolver_match else NO_VALUE
