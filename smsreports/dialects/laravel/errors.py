"""Errors: `{"message", "code", "details"}`, whatever the HTTP status."""

from collections.abc import Mapping
from typing import Any

from rest_framework.exceptions import APIException

from smsreports.accounts.keys import AuthFailure
from smsreports.exceptions import InvalidParams

# Clients compare these texts: the ones their documentation and public code show.
MESSAGES = {401: "Unauthenticated.", 403: "Forbidden"}
FOREIGN_ADDRESS = "Unauthorized IP"
CODES = {
    400: "INVALID_PARAMETERS",
    401: "UNAUTHORIZED",
    403: "ACCESS_DENIED",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    408: "REQUEST_TIMEOUT",
    413: "TOO_LARGE",
    414: "URI_TOO_LONG",
    417: "EXPECTATION_FAILED",
    429: "RATE_LIMIT_EXCEEDED",
    431: "HEADERS_TOO_LARGE",
    501: "NOT_IMPLEMENTED",
    503: "UNAVAILABLE",
}
INTERNAL = "INTERNAL_ERROR"


def render_error(exception: APIException, failure: AuthFailure | None) -> Mapping[str, Any]:
    message = MESSAGES.get(exception.status_code, str(exception.detail))
    return {
        "message": FOREIGN_ADDRESS if failure is AuthFailure.FOREIGN_ADDRESS else message,
        "code": CODES.get(exception.status_code, INTERNAL),
        "details": exception.reasons if isinstance(exception, InvalidParams) else {},
    }
