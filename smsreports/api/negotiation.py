"""What `Accept` may say."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.http.request import MediaType
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class DialectNegotiation(BaseContentNegotiation):
    """One renderer answers; a dialect that negotiates refuses callers who accept none of `media_types`."""

    def __init__(self, media_types: Sequence[str]) -> None:
        self._media_types = media_types

    def select_parser(self, request: Request, parsers: Iterable[Any]) -> Any:
        return next(iter(parsers), None)

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        if self._media_types and not any(_accepts_media_type(request, kind) for kind in self._media_types):
            raise NotAcceptable
        return renderer, renderer.media_type


def _accepts_media_type(request: Request, kind: str) -> bool:
    """A blank header asks for nothing. Parameters, such as a charset, change nothing in what we would send;
    Django's own `accepts` refuses `application/json; charset=utf-8`."""
    if not request.headers.get("Accept", "").strip():
        return True
    ranges = (f"{each.main_type}/{each.sub_type}" for each in request._request.accepted_types)
    return any(MediaType(kind).match(each) for each in ranges)
