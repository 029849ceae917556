"""The site's own pages: the front page, and errors outside every view."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from rest_framework import exceptions
from rest_framework.exceptions import APIException

from smsreports.api.errors import answer_outside_views, dialects


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "home.html", {"dialects": dialects()})


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(request, exceptions.ParseError("The request is malformed."))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(request, exceptions.PermissionDenied("You may not see this."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(request, exceptions.NotFound("There is nothing at this address."))


def server_error(request: HttpRequest, **ignored: Any) -> HttpResponse:
    return _error(request, APIException("Something went wrong on our side."))


def _error(request: HttpRequest, problem: APIException) -> HttpResponse:
    """In the dialect whose prefix the path has, else as a page."""
    answer = answer_outside_views(request, problem)
    if answer is not None:
        return answer
    return render(request, "error.html", {"problem": problem}, status=problem.status_code)
