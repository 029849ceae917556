"""Acme's reporting API, a third dialect: offset/limit, `X-Acme-Token`. Nothing outside this folder names it but the
settings of its tests."""

from smsreports.dialects.base import Dialect
from tests.toy_dialect.auth import HEADERS, TokenAuthentication, build_rate_limit_headers
from tests.toy_dialect.endpoints import ENDPOINTS, PREFIX, build_list_endpoint
from tests.toy_dialect.errors import build_error_schema, render_error
from tests.toy_dialect.pagination import OffsetPagination
from tests.toy_dialect.rows import SCHEMA_PREFIX

dialect = Dialect(
    slug="acme",
    title="Acme",
    description="Credentials in `X-Acme-Token`; pages by `offset` and `limit`; errors as `error`.",
    prefix=PREFIX,
    endpoints=ENDPOINTS,
    authentication=TokenAuthentication,
    pagination=OffsetPagination,
    render_error=render_error,
    build_error_schema=build_error_schema,
    build_rate_limit_headers=build_rate_limit_headers,
    negotiates=True,
    headers=HEADERS,
    schema_prefix=SCHEMA_PREFIX,
    build_list_endpoint=build_list_endpoint,
)
