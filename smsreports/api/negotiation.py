"""What `Accept` may say."""

from collections.abc import Iterable, Sequence
from typing import Any

from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class Negotiation(BaseContentNegotiation):
    """One renderer answers; a dialect that negotiates refuses callers who accept none of `media_types`."""

    def __init__(self, media_types: Sequence[str]) -> None:
        self._media_types = media_types

    def select_parser(self, request: Request, parsers: Iterable[Any]) -> Any:
        return next(iter(parsers), None)

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        if self._media_types and not any(request._request.accepts(kind) for kind in self._media_types):
            raise NotAcceptable
        return renderer, renderer.media_type
