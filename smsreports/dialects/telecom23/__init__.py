"""23 Telecom's reporting API: page/limit, `X-API-Key`."""

from smsreports.dialects.base import Dialect
from smsreports.dialects.telecom23.auth import ApiKeyHeaderAuthentication, build_rate_limit_headers
from smsreports.dialects.telecom23.endpoints import ENDPOINTS, PREFIX
from smsreports.dialects.telecom23.errors import render_error
from smsreports.dialects.telecom23.lists import build_list_endpoint
from smsreports.dialects.telecom23.pagination import PageLimitPagination
from smsreports.dialects.telecom23.spec import DIALECT, SCHEMAS

dialect = Dialect(
    slug="telecom23",
    prefix=PREFIX,
    endpoints=ENDPOINTS,
    authentication=ApiKeyHeaderAuthentication,
    pagination=PageLimitPagination,
    render_error=render_error,
    build_rate_limit_headers=build_rate_limit_headers,
    negotiates=True,
    spec=DIALECT,
    schemas=SCHEMAS,
    build_list_endpoint=build_list_endpoint,
)
