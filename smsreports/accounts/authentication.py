"""DRF authentication by API key; a dialect says where in the request the key stands."""

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
    """Finds the key's account; a dialect says where in the request the key stands."""

    scheme: ClassVar[str]
    # Where the key may stand, as OpenAPI says it, by a name; any of them will do.
    security_schemes: ClassVar[Mapping[str, Mapping[str, str]]]

    def __init__(self, body: Callable[[ApiKey], bytes]) -> None:
        """`body` takes in the request's body as it was sent, once it is known whose key it is."""
        self._body = body

    def authenticate(self, request: Request) -> tuple[None, ApiKey]:
        asked = request._request
        return None, authenticate_key(
            self.get_key(request), client_address(asked), partial(self._build_signed_request, asked)
        )

    def get_key(self, request: Request) -> str | None:
        raise NotImplementedError

    def authenticate_header(self, request: Request) -> str:
        return self.scheme

    def _build_signed_request(self, asked: HttpRequest, key: ApiKey) -> SignedRequest:
        return SignedRequest(
            method=asked.method or "",
            paths=candidate_paths(asked.META.get("RAW_URI") or encode_path(asked.path), asked.path),
            body=self._body(key),
            timestamp=asked.headers.get("X-Timestamp", ""),
            signature=asked.headers.get("X-Signature", ""),
        )
