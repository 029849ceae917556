"""Errors: `{"message", "code", "details"}`, whatever the HTTP status."""

from collections.abc import Mapping
from typing import Any

from rest_framework.exceptions import APIException

from smsreports.accounts.keys import Refusal
from smsreports.dialects.base import InvalidParams

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
    503: "SERVICE_UNAVAILABLE",
}
INTERNAL = "INTERNAL_ERROR"


def error(problem: APIException, refusal: Refusal | None) -> Mapping[str, Any]:
    message = MESSAGES.get(problem.status_code, str(problem.detail))
    return {
        "message": FOREIGN_ADDRESS if refusal is Refusal.FOREIGN_ADDRESS else message,
        "code": CODES.get(problem.status_code, INTERNAL),
        "details": problem.reasons if isinstance(problem, InvalidParams) else {},
    }
