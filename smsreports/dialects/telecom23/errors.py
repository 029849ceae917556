"""Error bodies: `{"status": false, "error_code", "description"}` for every HTTP status."""

from collections.abc import Mapping

from rest_framework.exceptions import APIException

from smsreports.accounts.keys import AuthFailure
from smsreports.openapi.schemas import TEXT, Schema, const_of, enum_of, object_of

KEY_CODES = {
    AuthFailure.NO_KEY: "UNAUTHORIZED",
    AuthFailure.UNKNOWN_KEY: "INVALID_API_KEY",
    AuthFailure.INACTIVE_KEY: "API_KEY_INACTIVE",
    AuthFailure.EXPIRED_KEY: "API_KEY_EXPIRED",
    AuthFailure.INACTIVE_ACCOUNT: "USER_NOT_ACTIVE",
    AuthFailure.FOREIGN_ADDRESS: "IP_NOT_ALLOWED",
    AuthFailure.NO_SIGNATURE: "SIGNATURE_REQUIRED",
    AuthFailure.UNTIMELY_SIGNATURE: "INVALID_SIGNATURE",
    AuthFailure.WRONG_SIGNATURE: "INVALID_SIGNATURE",
    AuthFailure.USED_SIGNATURE: "INVALID_SIGNATURE",
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
    503: "UNAVAILABLE",
}
INTERNAL = "INTERNAL_ERROR"


def render_error(exception: APIException, failure: AuthFailure | None) -> Mapping[str, object]:
    """Render an error. Each authentication failure has an error code of its own."""
    code = KEY_CODES[failure] if failure else CODES.get(exception.status_code, INTERNAL)
    return {"status": False, "error_code": code, "description": str(exception.detail)}


def build_error_schema(status: int) -> Schema:
    """Return the schema of what `render_error` returns."""
    codes = [*dict.fromkeys(KEY_CODES.values())] if status == 401 else [CODES.get(status, INTERNAL)]
    return object_of({"status": const_of(False), "error_code": enum_of(codes), "description": TEXT})
