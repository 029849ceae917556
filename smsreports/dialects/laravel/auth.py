"""Bearer token authentication, and rate limit headers, which every response carries."""

from collections.abc import Mapping

from rest_framework.request import Request

from smsreports.accounts.authentication import KeyAuthentication
from smsreports.accounts.throttling import RateLimitState
from smsreports.openapi.schemas import COUNT, ID
from smsreports.openapi.spec import Header

# Descriptions of the headers of every response, and of a request beyond the limit.
HEADERS = {
    "X-RateLimit-Limit": Header("Requests per minute of the account.", ID),
    "X-RateLimit-Remaining": Header("Requests that remain in this minute.", COUNT),
}
THROTTLED_HEADERS = {"X-RateLimit-Reset": Header("Unix time at which the next minute begins.", COUNT)}


class BearerAuthentication(KeyAuthentication):
    scheme = "Bearer"
    security_schemes = {"Bearer": {"type": "http", "scheme": "bearer"}}

    def get_key(self, request: Request) -> str | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else None


def build_rate_limit_headers(state: RateLimitState) -> Mapping[str, str]:
    """Build the headers of every response, and those of a request beyond the limit."""
    headers = {
        "X-RateLimit-Limit": str(state.limit),
        "X-RateLimit-Remaining": str(state.remaining),
    }
    if state.is_exceeded:
        headers |= {"Retry-After": str(state.retry_after), "X-RateLimit-Reset": str(state.resets_at)}
    return headers
