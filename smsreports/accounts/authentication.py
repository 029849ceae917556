"""DRF authentication by API key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import ClassVar

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from smsreports.accounts.client_address import client_address
from smsreports.accounts.keys import authenticate_key
from smsreports.accounts.models import ApiKey
from smsreports.accounts.signing import SignedRequest, candidate_paths, encode_path


class KeyAuthentication(BaseAuthentication):
    """Authenticates the account of an API key. Each dialect has a subclass that reads the key from the request."""

    scheme: ClassVar[str]
    # OpenAPI security schemes by name; any one of them is enough.
    security_schemes: ClassVar[Mapping[str, Mapping[str, str]]]

    def authenticate(self, request: Request) -> tuple[None, ApiKey]:
        """Return the key. The view's `get_raw_body` is called only for a key that requires signatures."""
        read_body: Callable[[ApiKey], bytes] = request.parser_context["view"].get_raw_body
        build_signed_request = partial(_build_signed_request, request._request, read_body)
        return None, authenticate_key(self.get_key(request), client_address(request._request), build_signed_request)

    def get_key(self, request: Request) -> str | None:
        """Return the API key of the request, or None if it has none."""
        raise NotImplementedError

    def authenticate_header(self, request: Request) -> str:
        return self.scheme


def _build_signed_request(request: HttpRequest, read_body: Callable[[ApiKey], bytes], key: ApiKey) -> SignedRequest:
    return SignedRequest(
        method=request.method or "",
        paths=candidate_paths(request.META.get("RAW_URI") or encode_path(request.path), request.path),
        body=read_body(key),
        timestamp=request.headers.get("X-Timestamp", ""),
        signature=request.headers.get("X-Signature", ""),
    )
