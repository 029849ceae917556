"""Error bodies: `{"message", "code", "details"}` for every HTTP status."""

from collections.abc import Mapping

from rest_framework.exceptions import APIException

from smsreports.accounts.keys import AuthFailure
from smsreports.exceptions import InvalidParams
from smsreports.openapi.schemas import TEXT, Schema, array_of, enum_of, object_of

# Clients compare these texts, which come from the vendor's documentation and public code.
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


def render_error(exception: APIException, failure: AuthFailure | None) -> Mapping[str, object]:
    """Render an error. The details contain the reasons by parameter."""
    message = MESSAGES.get(exception.status_code, str(exception.detail))
    return {
        "message": FOREIGN_ADDRESS if failure is AuthFailure.FOREIGN_ADDRESS else message,
        "code": CODES.get(exception.status_code, INTERNAL),
        "details": exception.reasons if isinstance(exception, InvalidParams) else {},
    }


def build_error_schema(status: int) -> Schema:
    """Return the schema of what `render_error` returns."""
    details: Schema = {"type": "object", "maxProperties": 0}
    if status == 400:
        reasons = array_of(TEXT)
        details = {"type": "object", "additionalProperties": reasons, "description": "The reasons by parameter."}
    return object_of({"message": TEXT, "code": enum_of([CODES.get(status, INTERNAL)]), "details": details})
