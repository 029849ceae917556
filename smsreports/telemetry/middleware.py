"""Gives every request an id, which its answer and its lines carry, and one line when the answer has gone out."""

import logging
from collections.abc import Callable
from functools import partial

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from smsreports.telemetry.host_check import is_probe
from smsreports.telemetry.metrics import get_metrics
from smsreports.telemetry.request_context import RequestContext, begin_request

HEADER = "X-Request-ID"
NONE = "-"
# A client can make up more.
METHODS = ("GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE")
logger = logging.getLogger(__name__)


class RequestMiddleware:
    """The first in MIDDLEWARE: what is answered before the next one has no id and no line."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        underway = begin_request(request.META.get("HTTP_X_REQUEST_ID", ""))
        get_metrics().underway.inc()
        response = self._get_response(request)
        response[HEADER] = underway.id
        # The server closes a response when it has sent it, or could not: only then a stream has ended.
        length = response.get("Content-Length")
        closed = partial(_record_request, request, underway, response.status_code, length)
        response._resource_closers.append(closed)  # type: ignore[attr-defined]  # Django's, as FileResponse uses it
        return response


def _record_request(request: HttpRequest, underway: RequestContext, status: int, length: str | None) -> None:
    where, seconds = get_route(request), underway.seconds
    method = request.method if request.method in METHODS else NONE
    get_metrics().record_response(underway.log_fields.get("dialect", NONE), where, method, status, seconds)
    # Probes come every few seconds, and are of interest when they fail.
    level = logging.DEBUG if status < 400 and is_probe(request) else logging.INFO
    if logger.isEnabledFor(level):
        facts = {"method": request.method, "route": where, "status": status, "ms": round(seconds * 1000, 1)}
        if length is not None:
            facts["bytes"] = int(length)
        logger.log(level, "request", extra={"log_fields": facts | underway.log_fields})


def get_route(request: HttpRequest) -> str:
    """The pattern of the address: the path itself may hold an id. None for a file beside the URL map, for an address
    that is not in it, and for what was answered before it was looked at."""
    return request.resolver_match.route if request.resolver_match else NONE
