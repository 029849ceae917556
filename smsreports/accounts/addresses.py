"""Where a request comes from."""

from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The caller's IP address; empty over a Unix socket."""
    address: str = request.META.get("REMOTE_ADDR", "")
    return address
