"""Authentication of gateways, which cannot all send a header."""

from base64 import b64decode
from binascii import Error

from rest_framework.request import Request

from smsreports.accounts.authentication import KeyAuthentication
from smsreports.queries.query_string import parse_pairs


class GatewayKeyAuthentication(KeyAuthentication):
    """Reads the API key from `X-API-Key`, from the password of Basic credentials, or from the URL parameter `key`.

    A URL such as `https://any:KEY@…` makes a client send Basic credentials. The parameter is for gateways that can
    send neither.
    """

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
    # Keys are ASCII. The hash function does not accept lone surrogates.
    return value.encode("ascii", "replace").decode() if value else None
