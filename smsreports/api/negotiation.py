"""Content negotiation by the `Accept` header."""

from collections.abc import Iterable

from django.http.request import MediaType
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class DialectNegotiation(BaseContentNegotiation):
    """Use the only renderer, and raise NotAcceptable if the caller accepts none of the view's `media_types`.

    Dialects that do not negotiate ignore the header.
    """

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        return next(iter(parsers), None)

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer, view = next(iter(renderers)), request.parser_context["view"]
        if view.dialect.negotiates and not any(_accepts_media_type(request, name) for name in view.media_types):
            raise NotAcceptable
        return renderer, renderer.media_type


def _accepts_media_type(request: Request, media_type: str) -> bool:
    """Return True if the `Accept` header is blank or matches, parameters such as a charset aside.

    Django's own `accepts` compares parameters, and so refuses `application/json; charset=utf-8`.
    """
    if not request.headers.get("Accept", "").strip():
        return True
    ranges = (f"{accepted.main_type}/{accepted.sub_type}" for accepted in request._request.accepted_types)
    return any(MediaType(media_type).match(media_range) for media_range in ranges)
