"""A gateway's key, wherever it can put it."""

from base64 import b64decode
from binascii import Error

from rest_framework.request import Request

from smsreports.dialects.base import KeyAuthentication
from smsreports.dialects.query import fields


class GatewayKey(KeyAuthentication):
    """In `X-API-Key`; as the password of Basic credentials, which is what an address `https://any:KEY@…` becomes; or,
    for a gateway that can do neither, as the parameter `key` of the address."""

    scheme = 'Basic realm="smsreports"'
    described = {
        "ApiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        "GatewayPassword": {"type": "http", "scheme": "basic"},
        "GatewayParameter": {"type": "apiKey", "in": "query", "name": "key"},
    }

    def key(self, request: Request) -> str | None:
        return request.headers.get("X-API-Key") or _password(request) or _parameter(request)


def _password(request: Request) -> str | None:
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return b64decode(credentials, validate=True).decode("latin-1").partition(":")[2]
    except (Error, ValueError):
        return None


def _parameter(request: Request) -> str | None:
    value = dict(fields(request.META.get("QUERY_STRING", ""))).get("key")
    # No key has any other characters; the hash takes no lone surrogates.
    return value.encode("ascii", "replace").decode() if value else None
