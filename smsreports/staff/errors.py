"""What staff are told, in a page, where a program is told an error."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from rest_framework.exceptions import APIException, Throttled

from smsreports.exceptions import RETRY_AFTER_SECONDS, ServiceUnavailable


def render_error_page(request: HttpRequest, problem: APIException) -> HttpResponse:
    page = render(request, "error.html", {"problem": problem}, status=problem.status_code)
    if isinstance(problem, Throttled | ServiceUnavailable):
        page["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return page
