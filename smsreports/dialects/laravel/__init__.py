"""Ersaal's reporting API, a Laravel application: per_page with a summary, Bearer."""

from smsreports.dialects.base import Dialect, load_examples
from smsreports.dialects.laravel.auth import HEADERS, THROTTLED_HEADERS, BearerAuthentication, build_rate_limit_headers
from smsreports.dialects.laravel.endpoints import ENDPOINTS, PREFIX
from smsreports.dialects.laravel.errors import build_error_schema, render_error
from smsreports.dialects.laravel.pagination import LengthAwarePagination
from smsreports.dialects.laravel.rows import Item, Receipt
from smsreports.openapi.type_schemas import build_type_schema

dialect = Dialect(
    slug="laravel",
    title="Ersaal",
    description="Credentials as a Bearer token; pages by `page` and `per_page`, as in Laravel; "
    "errors as `message`, `code` and `details`. An empty parameter is treated as absent. "
    "Responses are JSON for any `Accept` header.",
    prefix=PREFIX,
    endpoints=ENDPOINTS,
    authentication=BearerAuthentication,
    pagination=LengthAwarePagination,
    render_error=render_error,
    build_error_schema=build_error_schema,
    build_rate_limit_headers=build_rate_limit_headers,
    negotiates=False,
    # As Laravel's ConvertEmptyStringsToNull does.
    empty_is_absent=True,
    headers=HEADERS,
    throttled_headers=THROTTLED_HEADERS,
    schemas={"Item": build_type_schema(Item), "Receipt": build_type_schema(Receipt)},
    examples=load_examples(__name__),
)
