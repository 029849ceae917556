"""Ersaal's reporting API, a Laravel application: per_page with a summary, Bearer."""

from smsreports.dialects.base import Dialect
from smsreports.dialects.laravel.auth import Bearer, limit_headers
from smsreports.dialects.laravel.described import MANNERS, SHAPES
from smsreports.dialects.laravel.errors import error
from smsreports.dialects.laravel.pagination import LengthAware
from smsreports.dialects.laravel.paths import PATHS, PREFIX

dialect = Dialect(
    slug="laravel",
    prefix=PREFIX,
    paths=PATHS,
    authentication=Bearer,
    pagination=LengthAware,
    error=error,
    limit_headers=limit_headers,
    negotiates=False,
    manners=MANNERS,
    shapes=SHAPES,
)
