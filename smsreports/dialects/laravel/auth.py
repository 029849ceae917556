"""Credentials as a Bearer token; limits are told on every answer."""

from collections.abc import Mapping

from rest_framework.request import Request

from smsreports.accounts.authentication import KeyAuthentication
from smsreports.accounts.throttling import RateLimitState


class BearerAuthentication(KeyAuthentication):
    scheme = "Bearer"
    security_schemes = {"Bearer": {"type": "http", "scheme": "bearer"}}

    def get_key(self, request: Request) -> str | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else None


def build_rate_limit_headers(state: RateLimitState) -> Mapping[str, str]:
    headers = {
        "X-RateLimit-Limit": str(state.limit),
        "X-RateLimit-Remaining": str(state.remaining),
    }
    if state.exceeded:
        headers |= {"Retry-After": str(state.retry_after), "X-RateLimit-Reset": str(state.resets_at)}
    return headers
