"""23 Telecom's reporting API: page/limit, `X-API-Key`."""

from smsreports.dialects.base import Dialect, load_examples
from smsreports.dialects.telecom23.audit import AuditEntry
from smsreports.dialects.telecom23.auth import ApiKeyHeaderAuthentication, build_rate_limit_headers
from smsreports.dialects.telecom23.endpoints import ENDPOINTS, PREFIX
from smsreports.dialects.telecom23.errors import build_error_schema, render_error
from smsreports.dialects.telecom23.lists import build_list_endpoint
from smsreports.dialects.telecom23.pagination import PageLimitPagination
from smsreports.dialects.telecom23.rows import RejectedLine
from smsreports.openapi.type_schemas import build_type_schema

dialect = Dialect(
    slug="telecom23",
    title="23 Telecom",
    description="Credentials in `X-API-Key`; pages by `page` and `limit`; errors as `error_code` and `description`.",
    prefix=PREFIX,
    endpoints=ENDPOINTS,
    authentication=ApiKeyHeaderAuthentication,
    pagination=PageLimitPagination,
    render_error=render_error,
    build_error_schema=build_error_schema,
    build_rate_limit_headers=build_rate_limit_headers,
    negotiates=True,
    schemas={"AuditEntry": build_type_schema(AuditEntry), "Rejected": build_type_schema(RejectedLine)},
    examples=load_examples(__name__),
    build_list_endpoint=build_list_endpoint,
)
