"""Every error of the API, in the shape of the dialect it was asked in."""

import logging
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from rest_framework import exceptions
from rest_framework.exceptions import APIException
from rest_framework.response import Response

from smsreports.accounts.keys import AuthenticationError
from smsreports.accounts.throttling import unlimited_state
from smsreports.api.rendering import dump_json
from smsreports.database.outages import forget_connection, is_outage
from smsreports.dialects.base import Dialect
from smsreports.exceptions import RETRY_AFTER_SECONDS, RequestTooLarge, ServiceUnavailable
from smsreports.telemetry.metrics import get_metrics

logger = logging.getLogger(__name__)


def handle_exception(exception: Exception, context: dict[str, Any]) -> Response:
    """DRF's exception handler. What no rule names is logged, without the data it was about, and told as a 500."""
    view = context["view"]
    refusal = exception.reason if isinstance(exception, AuthenticationError) else None
    problem = to_api_exception(exception)
    if refusal is not None:
        get_metrics().refused.labels(refusal.name.lower()).inc()
    elif isinstance(problem, exceptions.Throttled):
        get_metrics().limited.labels(view.dialect.slug).inc()
    headers = (
        {"Retry-After": str(RETRY_AFTER_SECONDS)}
        if isinstance(problem, ServiceUnavailable | exceptions.Throttled)
        else {}
    )
    if problem.status_code == 401:
        headers["WWW-Authenticate"] = view.get_authenticate_header(context["request"])
    if isinstance(problem, exceptions.MethodNotAllowed):
        headers["Allow"] = ", ".join(view.allowed_methods)
    return Response(view.dialect.render_error(problem, refusal), problem.status_code, headers=headers)


def to_api_exception(exception: Exception) -> APIException:
    """The HTTP error that `fault` amounts to."""
    match exception:
        case APIException():
            return exception
        case Exception() if is_outage(exception):
            get_metrics().database_faults.inc()
            logger.error("the database did not answer: %s", type(exception).__name__)
            forget_connection()
            return ServiceUnavailable()
        case AuthenticationError():
            return exceptions.NotAuthenticated(exception.reason.value)
        case Http404():
            return exceptions.NotFound()
        case PermissionDenied():
            return exceptions.PermissionDenied()
        case RequestDataTooBig():
            return RequestTooLarge()
        case BadRequest() | SuspiciousOperation():
            return exceptions.ParseError("The request is malformed.")
    # The traceback names code; the exception's own text may hold a caller's data.
    logger.error("crash in a request: %s", type(exception).__name__, exc_info=_strip_exception_text(exception))
    return APIException("Something went wrong on our side.")


def _strip_exception_text(fault: Exception) -> tuple[type[Exception], Exception, Any]:
    return RuntimeError, RuntimeError(f"{type(fault).__name__}, text withheld"), fault.__traceback__


def get_dialects() -> list[Dialect]:
    return [import_string(f"{module}.dialect") for module in settings.DIALECTS]


def render_error_for_path(request: HttpRequest, problem: APIException) -> HttpResponse | None:
    """The error of a request that no view took, if its path is below a dialect's prefix."""
    for dialect in get_dialects():
        if dialect.matches_path(request):
            body = dump_json(dialect.render_error(problem, None))
            headers = {**dialect.build_rate_limit_headers(unlimited_state())}
            if isinstance(problem, ServiceUnavailable):
                headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
            return HttpResponse(body, "application/json", problem.status_code, headers=headers)
    return None
