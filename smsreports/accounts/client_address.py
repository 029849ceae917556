"""Client IP address, honouring X-Forwarded-For from trusted proxies."""

import re
from collections.abc import Callable
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

IPV6_PATTERN = "[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]{1,40}"
# An address as proxies write it: alone or with a port. IPv6 may be in brackets, and must be if a port follows.
ADDRESS_PATTERN = re.compile(
    rf"([0-9.]{{7,15}})(?::[0-9]{{1,5}})?|\[({IPV6_PATTERN})\](?::[0-9]{{1,5}})?|({IPV6_PATTERN})"
)


def client_address(request: HttpRequest) -> str:
    """Return the client's IP address, or an empty string if none can be trusted.

    It is the peer of the connection. If the peer is one of settings.PROXIES, the client is read from X-Forwarded-For:
    each proxy appends the address of its own peer, so the header is read from the right, past further trusted proxies.
    Everything to the left of the first other address may be forged by the client. The result is empty if a trusted
    proxy names no client, and for a connection without an address, such as a Unix socket.
    """
    address = normalize_ip(request.META.get("REMOTE_ADDR", ""))
    hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    while is_proxy(address):
        address = normalize_ip(hops.pop()) if hops else ""
    return address


def is_proxy(address: str) -> bool:
    return bool(address) and any(ip_address(address) in network for network in settings.PROXIES)


class ProxyHeadersMiddleware:
    """Removes the header named by PROXY_SSL_HEADER, such as X-Forwarded-Proto, unless a trusted proxy sent it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.SECURE_PROXY_SSL_HEADER and not is_proxy(normalize_ip(request.META.get("REMOTE_ADDR", ""))):
            request.META.pop(settings.SECURE_PROXY_SSL_HEADER[0], None)
        return self._get_response(request)


def normalize_ip(text: str) -> str:
    """Return the address without port and brackets, in its shortest form; empty if `text` is no address.

    An IPv4-mapped IPv6 address is returned as IPv4.
    """
    match = ADDRESS_PATTERN.fullmatch(text.strip(" \t"))
    try:
        address = ip_address(match[match.lastindex or 0] if match else "")
    except ValueError:
        return ""
    # A server that listens on IPv6 sees its IPv4 clients as ::ffff:a.b.c.d.
    return str(getattr(address, "ipv4_mapped", None) or address)
