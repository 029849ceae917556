"""23 Telecom's reporting API: page/limit, `X-API-Key`."""

from smsreports.dialects.base import Dialect
from smsreports.dialects.telecom23.auth import ApiKeyHeader, limit_headers
from smsreports.dialects.telecom23.described import MANNERS, SHAPES
from smsreports.dialects.telecom23.errors import error
from smsreports.dialects.telecom23.pagination import PageLimit
from smsreports.dialects.telecom23.paths import PATHS, PREFIX

dialect = Dialect(
    slug="telecom23",
    prefix=PREFIX,
    paths=PATHS,
    authentication=ApiKeyHeader,
    pagination=PageLimit,
    error=error,
    limit_headers=limit_headers,
    negotiates=True,
    manners=MANNERS,
    shapes=SHAPES,
)
