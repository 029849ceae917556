"""Where a caller is, as far as the declared proxies tell."""

import re
from collections.abc import Callable
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

IPV6_PATTERN = "[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]{1,40}"
# An address as proxies write it: alone or with a port, IPv6 also in brackets, and with a port only so.
ADDRESS_PATTERN = re.compile(
    rf"([0-9.]{{7,15}})(?::[0-9]{{1,5}})?|\[({IPV6_PATTERN})\](?::[0-9]{{1,5}})?|({IPV6_PATTERN})"
)


def client_address(request: HttpRequest) -> str:
    """Return the caller's IP address, or an empty string where none can be trusted.

    It is the other end of the connection. If that is one of settings.PROXIES, the caller is who called the proxy: each
    proxy adds its caller to the end of X-Forwarded-For, so the header is read from the right, past further proxies of
    ours. What stands before the first other address is the caller's own invention. A declared proxy that does not say
    who called it, and a connection without an address, as over a Unix socket, have no caller that can be trusted.
    """
    address = normalize_ip(request.META.get("REMOTE_ADDR", ""))
    hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    while is_proxy(address):
        address = normalize_ip(hops.pop()) if hops else ""
    return address


def is_proxy(address: str) -> bool:
    return bool(address) and any(ip_address(address) in network for network in settings.PROXIES)


class ProxyHeadersMiddleware:
    """Believes X-Forwarded-Proto, or what PROXY_SSL_HEADER names instead, from declared proxies only."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.SECURE_PROXY_SSL_HEADER and not is_proxy(normalize_ip(request.META.get("REMOTE_ADDR", ""))):
            request.META.pop(settings.SECURE_PROXY_SSL_HEADER[0], None)
        return self._get_response(request)


def normalize_ip(written: str) -> str:
    """The address alone, in its shortest form, an IPv4 one never as IPv6; empty for what is no address."""
    found = ADDRESS_PATTERN.fullmatch(written.strip(" \t"))
    try:
        address = ip_address(found[found.lastindex or 0] if found else "")
    except ValueError:
        return ""
    # A server that listens on IPv6 sees its IPv4 callers as ::ffff:a.b.c.d.
    return str(getattr(address, "ipv4_mapped", None) or address)
