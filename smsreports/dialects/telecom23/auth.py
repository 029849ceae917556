"""Credentials in `X-API-Key`; limits are told only when they are exceeded."""

from collections.abc import Mapping

from rest_framework.request import Request

from smsreports.accounts.limits import Allowance
from smsreports.dialects.base import KeyAuthentication


class ApiKeyHeader(KeyAuthentication):
    scheme = "X-API-Key"
    described = {"ApiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"}}

    def key(self, request: Request) -> str | None:
        return request.headers.get("X-API-Key")


def limit_headers(allowance: Allowance) -> Mapping[str, str]:
    return {"Retry-After": str(allowance.wait)} if allowance.exceeded else {}
