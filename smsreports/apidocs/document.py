"""The OpenAPI document. It is built once, because it does not change while a process runs."""

from collections.abc import Iterable, Iterator
from functools import cache

import orjson
from django.urls import URLPattern
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer

from smsreports import routing
from smsreports.accounts.signing import TOLERANCE_SECONDS
from smsreports.api.errors import get_dialects
from smsreports.api.viewsets import DialectViewSet, ListViewSet
from smsreports.apidocs.operations import build_error_responses, get_security_schemes
from smsreports.openapi.schemas import Schema, object_of
from smsreports.queries.query_string import MAX_PAIRS
from smsreports.unified.stats import MAX_DAYS

DESCRIPTION = f"""The history of every SMS that an account sent, in two dialects that show the same rows.

- Times are UTC, `YYYY-MM-DDTHH:MM:SSZ`; a day is a UTC day. Money is exact, in the account's currency.
- Lists and files are newest first. `total` is exact. `Link` headers lead through a list while new rows arrive.
- A value that does not parse, a parameter given twice, and bytes that are not UTF-8 are a 400 that names the parameter;
  so is an empty value, unless the dialect allows it. Parameters that an endpoint does not know are ignored; more
  than {MAX_PAIRS} are a 400.
- Rules between parameters, which OpenAPI cannot express: `period` excludes `from` and `to`; `from` is not after `to`;
  `cursor` comes from a `Link` header and excludes `page`; statistics by day cover {MAX_DAYS} days at most.
- Some keys require signed requests: `X-Timestamp`, a Unix second at most {TOLERANCE_SECONDS} seconds off;
  `X-Signature`, the hex of HMAC-SHA256 over `METHOD|path|timestamp|body` with the key's signing secret, in lower case.
  A timestamp and signature are accepted once.
- HEAD works wherever GET does. Any other method is a 405 with `Allow`.
"""

CURSOR: Schema = {
    "type": "string",
    "format": "cursor",
    "description": "A signed position in a list. Only values from a `Link` header are valid.",
}


@cache
def build_document() -> Schema:
    """Return the whole document: what drf-spectacular generates, with our description, tags and components."""
    patterns = routing.build_urlpatterns()
    generated = SchemaGenerator(patterns=patterns).get_schema(public=True)
    views, dialects = list(_get_mounted_views(patterns)), get_dialects()
    document: Schema = generated | {
        "info": generated["info"] | {"description": DESCRIPTION},
        "tags": [
            {"name": dialect.slug, "description": f"{dialect.title}. {dialect.description}"} for dialect in dialects
        ],
        "components": {
            "schemas": {
                "Cursor": CURSOR,
                **{name: schema for view in views for name, schema in view.spec.schemas.items()},
                **dict(_build_row_schemas(views)),
                **{name: schema for dialect in dialects for name, schema in dialect.schemas.items()},
            },
            "responses": {name: response for dialect in dialects for name, response in build_error_responses(dialect)},
            "securitySchemes": {name: scheme for view in views for name, scheme in get_security_schemes(view).items()},
        },
    }
    return document


def _get_mounted_views(patterns: Iterable[URLPattern]) -> Iterator[DialectViewSet]:
    """Yield an instance of each mounted view. The 404 of a dialect is a plain function and is left out."""
    for view in (pattern.callback for pattern in patterns):
        if hasattr(view, "cls") and hasattr(view, "initkwargs"):
            yield view.cls(**view.initkwargs)


def _build_row_schemas(views: Iterable[DialectViewSet]) -> Iterator[tuple[str, Schema]]:
    """Yield the schema of the rows of each list, by the dialect's prefix and the name of the serializer's."""
    for view in views:
        if isinstance(view, ListViewSet) and view.endpoint.columns:
            schemas = {column.name: column.schema for column in view.serializer_class.list_columns()}
            properties: dict[str, Schema] = {theirs: schemas[ours] for theirs, ours in view.endpoint.columns.items()}
            name = f"{view.dialect.schema_prefix}{view.serializer_class.schema_name}"
            yield name, object_of({**properties, **view.endpoint.added_keys})


@cache
def render_json() -> bytes:
    return orjson.dumps(build_document())


@cache
def render_yaml() -> bytes:
    text: bytes = OpenApiYamlRenderer().render(orjson.loads(render_json()))
    return text
