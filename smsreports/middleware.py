"""Two rules for every answer: it is kept by nobody, and a refusal that a page raises is a page."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.exceptions import APIException

from smsreports import pages
from smsreports.api.errors import to_api_exception
from smsreports.database.outages import is_outage

PRIVATE = "private, no-store"
# The pages that are the same for everybody, by their names in the URL map. All other answers are private, so that a
# new address is private without anybody remembering it.
SHARED = frozenset({"home", "docs", "schema"})


class PrivateAnswers:
    """Sets `Cache-Control: private, no-store` on every answer but shared pages and static files."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        match = request.resolver_match
        # Static files are served before an address is looked up, and declare themselves public.
        is_static = match is None and "public" in response.get("Cache-Control", "")
        if not is_static and (match is None or match.view_name not in SHARED):
            response["Cache-Control"] = PRIVATE
        return response


class RefusalPages:
    """Answers a refusal (too many, too slow, no database) that a page raised with a page of its status, and without
    the traceback that Django logs for a crash. The API's views do the same by themselves."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, fault: Exception) -> HttpResponse | None:
        if isinstance(fault, APIException) or is_outage(fault):
            return pages.show_error(request, to_api_exception(fault))
        return None
