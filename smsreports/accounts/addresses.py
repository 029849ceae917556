"""Where a caller is, as far as the declared proxies tell."""

import re
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest

IPV6 = "[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]{1,40}"
# An address as proxies write it: alone or with a port, IPv6 also in brackets, and with a port only so.
WRITTEN = re.compile(rf"([0-9.]{{7,15}})(?::[0-9]{{1,5}})?|\[({IPV6})\](?::[0-9]{{1,5}})?|({IPV6})")


def client_address(request: HttpRequest) -> str:
    """The caller's IP address; empty where there is none to be trusted, as over a Unix socket.

    With no proxy declared it is the other end of the connection. Each of n declared proxies adds the address that it
    was called from to the end of X-Forwarded-For, so the n-th from the right is the caller's; what stands before it
    is the caller's own invention.
    """
    if not settings.PROXIES:
        return plain(request.META.get("REMOTE_ADDR", ""))
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").rsplit(",", settings.PROXIES)
    return plain(forwarded[-settings.PROXIES]) if len(forwarded) >= settings.PROXIES else ""


def plain(written: str) -> str:
    """The address alone, in its shortest form, an IPv4 one never as IPv6; empty for what is no address."""
    found = WRITTEN.fullmatch(written.strip(" \t"))
    try:
        address = ip_address(found[found.lastindex or 0] if found else "")
    except ValueError:
        return ""
    # A server that listens on IPv6 sees its IPv4 callers as ::ffff:a.b.c.d.
    return str(getattr(address, "ipv4_mapped", None) or address)
