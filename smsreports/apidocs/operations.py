"""OpenAPI operations, built from the specs of endpoints and views."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ComponentRegistry

from smsreports.accounts.authentication import KeyAuthentication
from smsreports.api.viewsets import DialectViewSet
from smsreports.dialects.base import Dialect
from smsreports.openapi.schemas import SECONDS
from smsreports.openapi.spec import JSON, Body, Header, Parameter

# Error responses stand once, under `components`; operations refer to them.
RESPONSES_PREFIX = "#/components/responses"
COMMON_STATUSES = (400, 401, 403, 414, 429, 431, 500, 503)
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
COMMON_HEADERS = {"X-Request-ID": Header("ID of the request in our logs: yours, if you sent one.", {"type": "string"})}
HEADERS = {
    401: {"WWW-Authenticate": Header("The authentication scheme.", {"type": "string"})},
    503: {"Retry-After": Header("Seconds after which to try again.", SECONDS)},
}


class DescribedSchema(AutoSchema):
    """Builds operations from the specs of endpoint and view. Nothing is guessed from serializers or docstrings."""

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: ComponentRegistry
    ) -> dict[str, Any]:
        view = self.view
        assert isinstance(view, DialectViewSet)
        spec, scope = view.endpoint.spec, view.endpoint.scope
        body = view.spec.body if method == "POST" else None
        operation_id = f"{view.dialect.slug}_{view.endpoint.view}_{view.endpoint.action}"
        if len(view.endpoint.methods) > 1:
            operation_id += f"_{method.lower()}"
        return {
            "operationId": operation_id,
            "summary": spec.summary,
            "description": " ".join(filter(None, (spec.description, f"Needs a key with the scope `{scope}`."))),
            "tags": [view.dialect.slug],
            "parameters": [_build_parameter(parameter, path) for parameter in _list_parameters(view, body)],
            **({"requestBody": _build_body(body)} if body else {}),
            "responses": {"200": _build_success_response(view), **_build_error_references(view, path, body)},
            "security": [{name: [scope]} for name in get_security_schemes(view)],
        }


def _list_parameters(view: DialectViewSet, body: Body | None) -> Iterator[Parameter]:
    """Yield the parameters that are not also fields of the form: generated TypeScript takes no name twice."""
    form_fields = body.schema.get("properties", {}) if body else {}
    for parameter in (*view.endpoint.spec.parameters, *view.spec.parameters):
        if parameter.name not in form_fields:
            yield parameter


def _build_success_response(view: DialectViewSet) -> dict[str, Any]:
    spec = view.endpoint.spec
    headers = {**COMMON_HEADERS, **view.dialect.spec.headers, **spec.headers, **view.spec.headers}
    content = {
        media_type: {"schema": schema} | ({"example": spec.examples[media_type]} if media_type in spec.examples else {})
        for media_type, schema in spec.content.items()
    }
    return {"description": spec.summary, "headers": _build_headers(headers), "content": content}


def _build_error_references(view: DialectViewSet, path: str, body: Body | None) -> dict[str, Any]:
    """Return a reference to the dialect's error response for each status that the operation may answer."""
    statuses = set(COMMON_STATUSES)
    statuses |= {404} if "{" in path else set()
    statuses |= {406} if view.dialect.negotiates else set()
    statuses |= {408, 413, 415} if body else set()
    return {
        str(status): {"$ref": f"{RESPONSES_PREFIX}/{_response_name(view.dialect, status)}"}
        for status in sorted(statuses)
    }


def get_security_schemes(view: DialectViewSet) -> Mapping[str, Mapping[str, str]]:
    """Return the security schemes of the view by name. A request needs one of them."""
    return {
        name: scheme
        for authenticator in view.get_authenticators()
        if isinstance(authenticator, KeyAuthentication)
        for name, scheme in authenticator.security_schemes.items()
    }


def build_error_responses(dialect: Dialect) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the dialect's error responses with the names that operations refer to."""
    for status, description in DESCRIPTIONS.items():
        if status in SERVER_STATUSES:
            headers = {}
        else:
            headers = {**COMMON_HEADERS, **dialect.spec.headers, **HEADERS.get(status, {})}
        if status == 429:
            headers |= dialect.spec.throttled_headers
        yield (
            _response_name(dialect, status),
            {
                "description": description,
                "headers": _build_headers(headers),
                "content": {JSON: {"schema": dialect.spec.error_schema(status)}},
            },
        )


def _response_name(dialect: Dialect, status: int) -> str:
    return f"{dialect.slug}-{status}"


def _build_parameter(parameter: Parameter, path: str) -> dict[str, Any]:
    in_path = parameter.name in re.findall(r"{(\w+)}", path)
    return {
        "name": parameter.name,
        **({"in": "path", "required": True} if in_path else {"in": "query"}),
        "description": parameter.description,
        "schema": parameter.schema,
        **({} if parameter.example is None else {"example": parameter.example}),
    }


def _build_body(body: Body) -> dict[str, Any]:
    example = {} if body.example is None else {"example": body.example}
    return {
        "required": True,
        "description": body.description,
        "content": {body.media_type: {"schema": body.schema, **example}},
    }


def _build_headers(headers: Mapping[str, Header]) -> dict[str, Any]:
    return {
        name: {"description": header.description, "schema": header.schema, "required": header.is_always_sent}
        for name, header in headers.items()
    }
