"""Credentials as a Bearer token; limits are told on every answer."""

from collections.abc import Mapping

from rest_framework.request import Request

from smsreports.accounts.limits import Allowance
from smsreports.dialects.base import KeyAuthentication


class Bearer(KeyAuthentication):
    scheme = "Bearer"
    described = {"Bearer": {"type": "http", "scheme": "bearer"}}

    def key(self, request: Request) -> str | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else None


def limit_headers(allowance: Allowance) -> Mapping[str, str]:
    headers = {
        "X-RateLimit-Limit": str(allowance.limit),
        "X-RateLimit-Remaining": str(allowance.remaining),
    }
    if allowance.exceeded:
        headers |= {"Retry-After": str(allowance.wait), "X-RateLimit-Reset": str(allowance.resets_at)}
    return headers
