"""Authentication by the `X-API-Key` header, and rate limit headers, which only refused requests get."""

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
    """Build the Retry-After header of a request beyond the limit."""
    return {"Retry-After": str(state.retry_after)} if state.is_exceeded else {}
