"""Error responses of the API, rendered by the dialect of the request."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, TypedDict

from django.conf import settings
from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from rest_framework import exceptions
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from smsreports.accounts.keys import AuthenticationError
from smsreports.accounts.throttling import unlimited_state
from smsreports.api.rendering import dump_json
from smsreports.database.outages import forget_connection, is_outage
from smsreports.dialects.base import Dialect
from smsreports.exceptions import RETRY_AFTER_SECONDS, RequestTooLarge, ServiceUnavailable
from smsreports.telemetry.metrics import get_metrics

if TYPE_CHECKING:
    from smsreports.api.viewsets import DialectViewSet

logger = logging.getLogger(__name__)


class HandlerContext(TypedDict):
    """Context of an exception, which DRF passes to its exception handler."""

    view: DialectViewSet
    request: Request


def handle_exception(exception: Exception, context: HandlerContext) -> Response:
    """Return the error response for an exception of a view; DRF's exception handler.

    Unknown exceptions are logged without request data and answered with a 500.
    """
    view = context["view"]
    error = to_api_exception(exception)
    headers = {}
    auth_failure = None
    if isinstance(exception, AuthenticationError):
        auth_failure = exception.reason
        get_metrics().refused.labels(auth_failure.name.lower()).inc()
    elif isinstance(error, exceptions.Throttled):
        get_metrics().limited.labels(view.dialect.slug).inc()
    if isinstance(error, ServiceUnavailable | exceptions.Throttled):
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    if error.status_code == 401:
        headers["WWW-Authenticate"] = view.get_authenticate_header(context["request"])
    if isinstance(error, exceptions.MethodNotAllowed):
        headers["Allow"] = ", ".join(view.allowed_methods)
    return Response(view.dialect.render_error(error, auth_failure), error.status_code, headers=headers)


def to_api_exception(exception: Exception) -> APIException:
    """Return the HTTP error for an exception. Log outages of the database and unknown exceptions."""
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
    # The traceback names code only, but the text of the exception may hold data of the request.
    without_text = RuntimeError(f"{type(exception).__name__}, text withheld")
    logger.error(
        "crash in a request: %s",
        type(exception).__name__,
        exc_info=(RuntimeError, without_text, exception.__traceback__),
    )
    return APIException("Something went wrong on our side.")


def get_dialects() -> list[Dialect]:
    return [import_string(f"{module}.dialect") for module in settings.DIALECTS]


def render_error_for_path(request: HttpRequest, error: APIException) -> HttpResponse | None:
    """Return the error response for a request outside any view, or None if no dialect has the path's prefix."""
    for dialect in get_dialects():
        if dialect.matches_path(request):
            body = dump_json(dialect.render_error(error, None))
            headers = {**dialect.build_rate_limit_headers(unlimited_state())}
            if isinstance(error, ServiceUnavailable):
                headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
            return HttpResponse(body, "application/json", error.status_code, headers=headers)
    return None
