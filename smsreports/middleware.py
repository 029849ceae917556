"""Middleware for cache headers and for errors that pages raise."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.exceptions import APIException

from smsreports import pages
from smsreports.api.errors import to_api_exception
from smsreports.database.outages import is_outage

PRIVATE = "private, no-store"
# URL names of pages that are the same for all callers. Everything else is private, so a new page is private at first.
SHARED = frozenset({"home", "docs", "schema"})


class PrivateResponseMiddleware:
    """Sets `Cache-Control: private, no-store` on every response except shared pages and static files."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        match = request.resolver_match
        # Static files are served before URL resolution, with a public Cache-Control header.
        is_static = match is None and "public" in response.get("Cache-Control", "")
        if not is_static and (match is None or match.view_name not in SHARED):
            response["Cache-Control"] = PRIVATE
        return response


class ErrorPageMiddleware:
    """Renders an APIException or an outage of the database that a page raised as an error page.

    Django would log a traceback and answer 500. Views of the API render their errors themselves.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, APIException) or is_outage(exception):
            return pages.show_error(request, to_api_exception(exception))
        return None
