"""OpenAPI operations, built from the facts that endpoints, views and their filter backends and pagination state."""

from collections.abc import Iterator, Mapping

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ComponentRegistry

from smsreports.api.viewsets import DialectViewSet, ListViewSet
from smsreports.dialects.base import Dialect
from smsreports.openapi.schemas import SECONDS, TEXT, Schema, array_of, reference_to
from smsreports.openapi.spec import JSON, Body, Header, Headers
from smsreports.openapi.type_schemas import build_return_schema

COMMON_STATUSES = (400, 401, 403, 414, 429, 431, 500, 503)
# Error responses stand once, under `components`; operations refer to them.
DESCRIPTIONS = {
    400: "The request is invalid; the reasons are named.",
    401: "The key is missing or not valid here.",
    403: "The key lacks the scope.",
    404: "It does not exist, or it belongs to another account.",
    406: "None of the media types in `Accept` is available.",
    408: "The body did not arrive in time.",
    413: "The body is too large; nothing was loaded.",
    414: "The address is too long.",
    415: "The body is of another media type or coding.",
    429: "The account is over its rate limit, or runs too many slow queries or exports at once.",
    431: "There are too many headers, or they are too long.",
    500: "Something went wrong on our side.",
    503: "The service is not available at the moment; nothing was changed.",
}
# The server may answer these before the application gets the request, so no header is guaranteed.
SERVER_STATUSES = (408, 414, 431)
# Headers of all other responses.
COMMON_HEADERS = {"X-Request-ID": Header("ID of the request in our logs: yours, if you sent one.", TEXT)}
RETRY_AFTER = {"Retry-After": Header("Seconds after which to try again.", SECONDS)}
HEADERS = {401: {"WWW-Authenticate": Header("The authentication scheme.", TEXT)}, 429: RETRY_AFTER, 503: RETRY_AFTER}


class DescribedSchema(AutoSchema):
    """Builds operations from what endpoint and view state. Nothing is guessed from serializers or docstrings."""

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: ComponentRegistry
    ) -> Schema:
        view = self.view
        assert isinstance(view, DialectViewSet)
        endpoint, dialect = view.endpoint, view.dialect
        body = view.spec.body if method == "POST" else None
        suffix = f"_{method.lower()}" if len(endpoint.methods) > 1 else ""
        return {
            "operationId": f"{dialect.slug}_{endpoint.view}_{endpoint.action}{suffix}",
            "summary": endpoint.summary,
            "description": f"{endpoint.description} Needs a key with the scope `{endpoint.scope}`.".strip(),
            "tags": [dialect.slug],
            "parameters": list(_list_parameters(view, body)),
            **({"requestBody": _build_body(view, body)} if body else {}),
            "responses": {"200": _build_success_response(view), **_build_error_references(dialect, path, body)},
            "security": [{name: [endpoint.scope]} for name in get_security_schemes(view)],
        }


def _list_parameters(view: DialectViewSet, body: Body | None) -> Iterator[Schema]:
    """Yield the parameters. Those of the view are not repeated if they are fields of a form."""
    for parameter in (*view.endpoint.path_parameters, *view.spec.path_parameters):
        yield parameter.build_openapi("path")
    for backend in view.filter_backends:
        yield from backend().get_schema_operation_parameters(view)
    if body is None:
        yield from (parameter.build_openapi() for parameter in view.spec.parameters)


def _build_body(view: DialectViewSet, body: Body) -> Schema:
    fields = {
        parameter.name: {**parameter.schema, "description": parameter.description} for parameter in view.spec.parameters
    }
    schema = body.schema or {"type": "object", "properties": fields}
    example = {} if body.example is None else {"example": body.example}
    content = {body.media_type: {"schema": schema, **example}}
    return {"required": True, "description": body.description, "content": content}


def _build_success_response(view: DialectViewSet) -> Schema:
    endpoint, headers = view.endpoint, {**COMMON_HEADERS, **view.dialect.headers, **view.spec.headers}
    if endpoint.content:
        schemas = endpoint.content
    elif not isinstance(view, ListViewSet):
        schemas = {JSON: build_return_schema(endpoint.render_row)}
    else:
        pagination = view.pagination_class()
        pagination.view = view
        rows = array_of(reference_to(f"{view.dialect.schema_prefix}{view.serializer_class.schema_name}"))
        schemas, headers = {JSON: pagination.get_paginated_response_schema(rows)}, {**headers, **pagination.headers}
    content: dict[str, Schema] = {media_type: {"schema": schema} for media_type, schema in schemas.items()}
    if view.endpoint.route in view.dialect.examples:
        content[JSON]["example"] = view.dialect.examples[view.endpoint.route]
    return {"description": view.endpoint.summary, "headers": _build_headers(headers), "content": content}


def _build_error_references(dialect: Dialect, path: str, body: Body | None) -> Schema:
    """Return a reference to the dialect's error response for each status that the operation may answer."""
    statuses = set(COMMON_STATUSES)
    statuses |= {404} if "{" in path else set()
    statuses |= {406} if dialect.negotiates else set()
    statuses |= {408, 413, 415} if body else set()
    return {str(status): {"$ref": f"#/components/responses/{dialect.slug}-{status}"} for status in sorted(statuses)}


def get_security_schemes(view: DialectViewSet) -> Mapping[str, Mapping[str, str]]:
    """Return the security schemes of the view by name. A request needs one of them."""
    schemes = (authentication.security_schemes for authentication in view.authentication_classes)
    return {name: scheme for named in schemes for name, scheme in named.items()}


def build_error_responses(dialect: Dialect) -> Iterator[tuple[str, Schema]]:
    """Yield the dialect's error responses with the names that operations refer to."""
    for status, description in DESCRIPTIONS.items():
        headers = {} if status in SERVER_STATUSES else {**COMMON_HEADERS, **dialect.headers, **HEADERS.get(status, {})}
        headers |= dialect.throttled_headers if status == 429 else {}
        content = {JSON: {"schema": dialect.build_error_schema(status)}}
        response: Schema = {"description": description, "headers": _build_headers(headers), "content": content}
        yield f"{dialect.slug}-{status}", response


def _build_headers(headers: Headers) -> Schema:
    return {name: header.build_openapi() for name, header in headers.items()}
