"""Error pages for people, made from the exceptions of the API."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from rest_framework.exceptions import APIException, Throttled

from smsreports.exceptions import RETRY_AFTER_SECONDS, ServiceUnavailable


def render_error_page(request: HttpRequest, error: APIException) -> HttpResponse:
    """Render an error page, with a Retry-After header if a retry may succeed."""
    page = render(request, "error.html", {"problem": error}, status=error.status_code)
    if isinstance(error, Throttled | ServiceUnavailable):
        page["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return page
