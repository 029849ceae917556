"""A gateway's key, wherever it can put it."""

from base64 import b64decode
from binascii import Error

from rest_framework.request import Request

from smsreports.accounts.authentication import KeyAuthentication
from smsreports.queries.query_string import parse_pairs


class GatewayKeyAuthentication(KeyAuthentication):
    """In `X-API-Key`; as the password of Basic credentials, which is what an address `https://any:KEY@…` becomes; or,
    for a gateway that can do neither, as the parameter `key` of the address."""

    scheme = 'Basic realm="smsreports"'
    security_schemes = {
        "ApiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        "GatewayPassword": {"type": "http", "scheme": "basic"},
        "GatewayParameter": {"type": "apiKey", "in": "query", "name": "key"},
    }

    def get_key(self, request: Request) -> str | None:
        return request.headers.get("X-API-Key") or _get_basic_password(request) or _get_key_parameter(request)


def _get_basic_password(request: Request) -> str | None:
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return b64decode(credentials, validate=True).decode("latin-1").partition(":")[2]
    except (Error, ValueError):
        return None


def _get_key_parameter(request: Request) -> str | None:
    value = dict(parse_pairs(request.META.get("QUERY_STRING", ""))).get("key")
    # No key has any other characters; the hash takes no lone surrogates.
    return value.encode("ascii", "replace").decode() if value else None
