"""Authentication by the `X-Acme-Token` header, and the quota, which every response carries."""

from collections.abc import Mapping

from rest_framework.request import Request

from smsreports.accounts.authentication import KeyAuthentication
from smsreports.accounts.throttling import RateLimitState
from smsreports.openapi.schemas import COUNT
from smsreports.openapi.spec import Header

HEADERS = {"X-Acme-Quota": Header("Requests that remain in this minute.", COUNT)}


class TokenAuthentication(KeyAuthentication):
    scheme = "X-Acme-Token"
    security_schemes = {"Token": {"type": "apiKey", "in": "header", "name": "X-Acme-Token"}}

    def get_key(self, request: Request) -> str | None:
        return request.headers.get("X-Acme-Token")


def build_rate_limit_headers(state: RateLimitState) -> Mapping[str, str]:
    headers = {"X-Acme-Quota": str(state.remaining)}
    return headers | {"Retry-After": str(state.retry_after)} if state.is_exceeded else headers
