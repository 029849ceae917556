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

from smsreports.accounts.keys import AccessRefused
from smsreports.accounts.limits import untouched
from smsreports.api.rendering import dump
from smsreports.database.outages import forget_connection, is_outage
from smsreports.dialects.base import Dialect
from smsreports.telemetry.meters import meters

logger = logging.getLogger(__name__)
# Seconds after which a caller may try again when the database did not answer.
RETRY_AFTER = 5


class Unavailable(APIException):
    status_code = 503
    default_detail = "The service is not available at the moment."


class TooSlow(Unavailable):
    """A query was given up after so many seconds; it would be given up again."""

    def __init__(self, seconds: int) -> None:
        super().__init__(
            f"This takes longer than {seconds} seconds. Narrow the window of days, or follow `cursor` from the Link"
            " header instead of page numbers."
        )


class TooLarge(APIException):
    status_code = 413
    default_detail = "The request is too large."


class UriTooLong(APIException):
    status_code = 414
    default_detail = "The request line is too long."


class HeadersTooLarge(APIException):
    status_code = 431
    default_detail = "The request's headers are too many or too large."


class RequestTimeout(APIException):
    status_code = 408
    default_detail = "The request's body did not come in time."


class ExpectationFailed(APIException):
    status_code = 417
    default_detail = "Expect: may be 100-continue only."


class UnsupportedCoding(APIException):
    status_code = 501
    default_detail = "Transfer-Encoding: may be chunked only."


def handle(fault: Exception, context: dict[str, Any]) -> Response:
    """DRF's exception handler. What no rule names is logged, without the data it was about, and told as a 500."""
    view = context["view"]
    refusal = fault.reason if isinstance(fault, AccessRefused) else None
    problem = as_problem(fault)
    if refusal is not None:
        meters().refused.labels(refusal.name.lower()).inc()
    elif isinstance(problem, exceptions.Throttled):
        meters().limited.labels(view.dialect.slug).inc()
    headers = {"Retry-After": str(RETRY_AFTER)} if isinstance(problem, Unavailable | exceptions.Throttled) else {}
    if problem.status_code == 401:
        headers["WWW-Authenticate"] = view.get_authenticate_header(context["request"])
    if isinstance(problem, exceptions.MethodNotAllowed):
        headers["Allow"] = ", ".join(view.allowed_methods)
    return Response(view.dialect.error(problem, refusal), problem.status_code, headers=headers)


def as_problem(fault: Exception) -> APIException:
    """The HTTP error that `fault` amounts to."""
    match fault:
        case APIException():
            return fault
        case Exception() if is_outage(fault):
            meters().database_faults.inc()
            logger.error("the database did not answer: %s", type(fault).__name__)
            forget_connection()
            return Unavailable()
        case AccessRefused():
            return exceptions.NotAuthenticated(fault.reason.value)
        case Http404():
            return exceptions.NotFound()
        case PermissionDenied():
            return exceptions.PermissionDenied()
        case RequestDataTooBig():
            return TooLarge()
        case BadRequest() | SuspiciousOperation():
            return exceptions.ParseError("The request is malformed.")
    # The traceback names code; the exception's own text may hold a caller's data.
    logger.error("crash in a request: %s", type(fault).__name__, exc_info=_without_text(fault))
    return APIException("Something went wrong on our side.")


def _without_text(fault: Exception) -> tuple[type[Exception], Exception, Any]:
    return RuntimeError, RuntimeError(f"{type(fault).__name__}, text withheld"), fault.__traceback__


def dialects() -> list[Dialect]:
    return [import_string(f"{module}.dialect") for module in settings.DIALECTS]


def answer_outside_views(request: HttpRequest, problem: APIException) -> HttpResponse | None:
    """The error of a request that no view took, if its path is below a dialect's prefix."""
    for dialect in dialects():
        if dialect.speaks(request):
            body = dump(dialect.error(problem, None))
            headers = {**dialect.limit_headers(untouched())}
            if isinstance(problem, Unavailable):
                headers["Retry-After"] = str(RETRY_AFTER)
            return HttpResponse(body, "application/json", problem.status_code, headers=headers)
    return None
