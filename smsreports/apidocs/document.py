"""The whole description, which does not change while a process runs."""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import orjson
from django.urls import URLPattern
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer

from smsreports import routing
from smsreports.accounts.signing import TOLERANCE_SECONDS
from smsreports.api.errors import get_dialects
from smsreports.api.viewsets import DialectViewSet
from smsreports.apidocs.operations import build_error_responses, get_security_schemes
from smsreports.openapi.schemas import Schema
from smsreports.queries.query_string import MAX_PAIRS
from smsreports.unified.stats import MAX_DAYS

DESCRIPTION = f"""The history of every SMS that an account sent, in two dialects that show the same rows.

- Times are UTC, `YYYY-MM-DDTHH:MM:SSZ`; a day is a UTC day. Money is exact, in the account's currency.
- Lists and files are newest first. `total` is exact. `Link` headers lead through a list while traffic arrives.
- A value that does not parse, a parameter given twice, and bytes that are not UTF-8 are a 400 that names the parameter;
  so is an empty value, unless the dialect says otherwise. Parameters that an address does not know are ignored; more
  than {MAX_PAIRS} are a 400.
- What OpenAPI cannot say between parameters: `period` stands without `from` and `to`; `from` is not after `to`;
  `cursor` comes from a `Link` header and stands without `page`; figures by day are told of {MAX_DAYS} days at most.
- Some keys demand signed requests: `X-Timestamp`, a Unix second at most {TOLERANCE_SECONDS} seconds off;
  `X-Signature`, the hex of HMAC-SHA256 over `METHOD|path|timestamp|body` with the key's signing secret, in lower case.
  A pair is good once.
- What GET reads, HEAD reads too. Any other method is a 405 with `Allow`.
"""

CURSOR: Schema = {
    "type": "string",
    "format": "cursor",
    "description": "A place in a list, signed; nobody can make one up.",
}


@cache
def build_document() -> dict[str, Any]:
    patterns = routing.build_urlpatterns()
    found: dict[str, Any] = SchemaGenerator(patterns=patterns).get_schema(public=True)
    views, spoken = list(_get_mounted_views(patterns)), get_dialects()
    return found | {
        "info": found["info"] | {"description": DESCRIPTION},
        "tags": [{"name": one.slug, "description": f"{one.spec.title}. {one.spec.description}"} for one in spoken],
        "components": {
            "schemas": {
                "Cursor": CURSOR,
                **{name: shape for view in views for name, shape in view.spec.schemas.items()},
                **{name: shape for one in spoken for name, shape in one.schemas.items()},
            },
            "responses": {name: answer for one in spoken for name, answer in build_error_responses(one)},
            "securitySchemes": {name: scheme for view in views for name, scheme in get_security_schemes(view).items()},
        },
    }


def _get_mounted_views(patterns: Iterable[URLPattern]) -> Iterator[DialectViewSet]:
    """As they are mounted; a dialect's 404 is none of them."""
    mounted: Iterator[Any] = (pattern.callback for pattern in patterns)
    yield from (view.cls(**view.initkwargs) for view in mounted if hasattr(view, "cls"))


@cache
def render_json() -> bytes:
    return orjson.dumps(build_document())


@cache
def render_yaml() -> bytes:
    text: bytes = OpenApiYamlRenderer().render(orjson.loads(render_json()))
    return text
