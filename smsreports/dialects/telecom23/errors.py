"""Errors: `{"status": false, "error_code", "description"}`, whatever the HTTP status."""

from collections.abc import Mapping
from typing import Any

from rest_framework.exceptions import APIException

from smsreports.accounts.keys import Refusal

KEY_CODES = {
    Refusal.NO_KEY: "UNAUTHORIZED",
    Refusal.UNKNOWN_KEY: "INVALID_API_KEY",
    Refusal.INACTIVE_KEY: "API_KEY_INACTIVE",
    Refusal.EXPIRED_KEY: "API_KEY_EXPIRED",
    Refusal.INACTIVE_ACCOUNT: "USER_NOT_ACTIVE",
    Refusal.FOREIGN_ADDRESS: "IP_NOT_ALLOWED",
    Refusal.NO_SIGNATURE: "SIGNATURE_REQUIRED",
    Refusal.UNTIMELY_SIGNATURE: "INVALID_SIGNATURE",
    Refusal.WRONG_SIGNATURE: "INVALID_SIGNATURE",
    Refusal.USED_SIGNATURE: "INVALID_SIGNATURE",
}
CODES = {
    400: "INVALID_PARAMS",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    406: "NOT_ACCEPTABLE",
    408: "REQUEST_TIMEOUT",
    413: "TOO_LARGE",
    414: "URI_TOO_LONG",
    415: "UNSUPPORTED_MEDIA_TYPE",
    417: "EXPECTATION_FAILED",
    429: "RATE_LIMIT_EXCEEDED",
    431: "HEADERS_TOO_LARGE",
    501: "NOT_IMPLEMENTED",
    503: "SERVICE_UNAVAILABLE",
}
INTERNAL = "INTERNAL_ERROR"


def error(problem: APIException, refusal: Refusal | None) -> Mapping[str, Any]:
    code = KEY_CODES[refusal] if refusal else CODES.get(problem.status_code, INTERNAL)
    return {"status": False, "error_code": code, "description": str(problem.detail)}
