"""Credentials in `X-API-Key`; limits are told only when they are exceeded."""

from collections.abc import Mapping

from rest_framework.request import Request

from smsreports.accounts.authentication import KeyAuthentication
from smsreports.accounts.throttling import RateLimitState


class ApiKeyHeaderAuthentication(KeyAuthentication):
    scheme = "X-API-Key"
    security_schemes = {"ApiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"}}

    def get_key(self, request: Request) -> str | None:
        return request.headers.get("X-API-Key")


def build_rate_limit_headers(state: RateLimitState) -> Mapping[str, str]:
    return {"Retry-After": str(state.retry_after)} if state.exceeded else {}
