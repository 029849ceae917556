"""Ersaal's reporting API, a Laravel application: per_page with a summary, Bearer."""

from smsreports.dialects.base import Dialect
from smsreports.dialects.laravel.auth import BearerAuthentication, build_rate_limit_headers
from smsreports.dialects.laravel.endpoints import ENDPOINTS, PREFIX
from smsreports.dialects.laravel.errors import render_error
from smsreports.dialects.laravel.pagination import LengthAwarePagination
from smsreports.dialects.laravel.spec import DIALECT, SCHEMAS

dialect = Dialect(
    slug="laravel",
    prefix=PREFIX,
    endpoints=ENDPOINTS,
    authentication=BearerAuthentication,
    pagination=LengthAwarePagination,
    render_error=render_error,
    build_rate_limit_headers=build_rate_limit_headers,
    negotiates=False,
    spec=DIALECT,
    schemas=SCHEMAS,
)
