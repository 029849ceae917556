"""What staff are told, in a page, where a program is told an error."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from rest_framework.exceptions import APIException, Throttled

from smsreports.api.errors import RETRY_AFTER, Unavailable


def page_of(request: HttpRequest, problem: APIException) -> HttpResponse:
    page = render(request, "error.html", {"problem": problem}, status=problem.status_code)
    if isinstance(problem, Throttled | Unavailable):
        page["Retry-After"] = str(RETRY_AFTER)
    return page
