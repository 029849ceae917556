"""Error bodies: `{"error": {"status", "kind", "message", "fields"}}` for every HTTP status."""

from collections.abc import Mapping
from http import HTTPStatus

from rest_framework.exceptions import APIException

from smsreports.accounts.keys import AuthFailure
from smsreports.exceptions import InvalidParams
from smsreports.openapi.schemas import TEXT, Schema, array_of, enum_of, object_of


def name_kind(status: int) -> str:
    """Return the kind of an error: the name of its HTTP status, such as `not_found`."""
    return HTTPStatus(status).name.lower()


def render_error(exception: APIException, failure: AuthFailure | None) -> Mapping[str, object]:
    """Render an error. The fields are the reasons by parameter."""
    error = {
        "status": exception.status_code,
        "kind": name_kind(exception.status_code),
        "message": str(exception.detail),
        "fields": exception.reasons if isinstance(exception, InvalidParams) else {},
    }
    return {"error": error}


def build_error_schema(status: int) -> Schema:
    """Return the schema of what `render_error` returns."""
    fields: Schema = {"type": "object", "additionalProperties": array_of(TEXT)}
    error: dict[str, Schema] = {
        "status": {"type": "integer", "const": status, "format": "int64"},
        "kind": enum_of([name_kind(status)]),
        "message": TEXT,
        "fields": fields if status == 400 else fields | {"maxProperties": 0},
    }
    return object_of({"error": object_of(error)})
