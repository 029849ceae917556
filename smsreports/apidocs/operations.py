"""From an address, as its dialect and its view describe it, to an operation of OpenAPI."""

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

# `ref`s of answers that many operations give stand under `components`.
RESPONSES_PREFIX = "#/components/responses"
COMMON_STATUSES = (400, 401, 403, 414, 429, 431, 500, 503)
DESCRIPTIONS = {
    400: "The request asks for what cannot be; the reasons are named.",
    401: "There is no key, or it is not good here.",
    403: "The key may not do this.",
    404: "It is not there, or it is another account's.",
    406: "Nothing that `Accept` names can be given.",
    408: "The body did not come in time.",
    413: "The body is too large; nothing was loaded.",
    414: "The address is too long.",
    415: "The body is of another media type or coding.",
    429: "The account has spent its minute, or runs too many slow queries or exports at once.",
    431: "There are too many headers, or they are too long.",
    500: "Something went wrong on our side.",
    503: "Not at the moment; nothing was changed.",
}
# The server answers these before the application has the request: no header is promised.
BY_SERVER = (408, 414, 431)
# On every other answer.
COMMON_HEADERS = {"X-Request-ID": Header("The request's name in our logs: yours, if you sent one.", {"type": "string"})}
HEADERS = {
    401: {"WWW-Authenticate": Header("How to say who calls.", {"type": "string"})},
    503: {"Retry-After": Header("Seconds after which to try again.", SECONDS)},
}


class DescribedSchema(AutoSchema):
    """Takes everything from the address's own description; nothing is guessed from serializers or docstrings."""

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: ComponentRegistry
    ) -> dict[str, Any]:
        view = self.view
        assert isinstance(view, DialectViewSet)
        said = view.endpoint.spec
        body = view.spec.body if method == "POST" else None
        return {
            "operationId": _operation_id(view, method),
            "summary": said.summary,
            "description": " ".join(
                filter(None, (said.description, f"Needs a key with the scope `{view.endpoint.scope}`."))
            ),
            "tags": [view.dialect.slug],
            "parameters": [_build_parameter(one, path) for one in _parameters(view, body)],
            **({"requestBody": _build_body(body)} if body else {}),
            "responses": {"200": _shown(view), **_errors(view, path, body)},
            "security": [{name: [view.endpoint.scope]} for name in get_security_schemes(view)],
        }


def _operation_id(view: DialectViewSet, method: str) -> str:
    name = f"{view.dialect.slug}_{view.endpoint.view}_{view.endpoint.action}"
    return name if len(view.endpoint.methods) == 1 else f"{name}_{method.lower()}"


def _parameters(view: DialectViewSet, body: Body | None) -> Iterator[Parameter]:
    """The operation's parameters without those that its form has too: TypeScript takes no name twice."""
    in_form = body.schema.get("properties", {}) if body else {}
    for one in (*view.endpoint.spec.parameters, *view.spec.parameters):
        if one.name not in in_form:
            yield one


def _shown(view: DialectViewSet) -> dict[str, Any]:
    said = view.endpoint.spec
    headers = {**COMMON_HEADERS, **view.dialect.spec.headers, **said.headers, **view.spec.headers}
    content = {
        kind: {"schema": shape} | ({"example": said.examples[kind]} if kind in said.examples else {})
        for kind, shape in said.content.items()
    }
    return {"description": said.summary, "headers": _build_headers(headers), "content": content}


def _errors(view: DialectViewSet, path: str, body: Body | None) -> dict[str, Any]:
    statuses = set(COMMON_STATUSES)
    statuses |= {404} if "{" in path else set()
    statuses |= {406} if view.dialect.negotiates else set()
    statuses |= {408, 413, 415} if body else set()
    return {
        str(status): {"$ref": f"{RESPONSES_PREFIX}/{_response_name(view.dialect, status)}"}
        for status in sorted(statuses)
    }


def get_security_schemes(view: DialectViewSet) -> Mapping[str, Mapping[str, str]]:
    """Where this view's key may stand, by name; any of them will do."""
    found = [one.security_schemes for one in view.get_authenticators() if isinstance(one, KeyAuthentication)]
    return {name: scheme for described in found for name, scheme in described.items()}


def build_error_responses(dialect: Dialect) -> Iterator[tuple[str, dict[str, Any]]]:
    """The dialect's errors by the names that operations know them by."""
    for status, says in DESCRIPTIONS.items():
        headers = {} if status in BY_SERVER else {**COMMON_HEADERS, **dialect.spec.headers, **HEADERS.get(status, {})}
        headers |= dialect.spec.throttled_headers if status == 429 else {}
        content = {JSON: {"schema": dialect.spec.error_schema(status)}}
        yield (
            _response_name(dialect, status),
            {"description": says, "headers": _build_headers(headers), "content": content},
        )


def _response_name(dialect: Dialect, status: int) -> str:
    return f"{dialect.slug}-{status}"


def _build_parameter(one: Parameter, path: str) -> dict[str, Any]:
    within = one.name in re.findall(r"{(\w+)}", path)
    example = {} if one.example is None else {"example": one.example}
    place = {"in": "path", "required": True} if within else {"in": "query"}
    return {"name": one.name, **place, "description": one.description, "schema": one.schema, **example}


def _build_body(body: Body) -> dict[str, Any]:
    example = {} if body.example is None else {"example": body.example}
    return {
        "required": True,
        "description": body.description,
        "content": {body.media_type: {"schema": body.schema, **example}},
    }


def _build_headers(headers: Mapping[str, Header]) -> dict[str, Any]:
    return {
        name: {"description": one.description, "schema": one.schema, "required": one.is_always_sent}
        for name, one in headers.items()
    }
