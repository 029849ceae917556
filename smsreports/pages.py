"""The site's own pages: the front page, and errors outside every view."""

import sys
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from rest_framework import exceptions
from rest_framework.exceptions import APIException

from smsreports.api.errors import Unavailable, answer_outside_views, dialects
from smsreports.api.staff.refusals import page_of


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "home.html", {"dialects": dialects()})


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(request, exceptions.ParseError("The request is malformed."))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(request, exceptions.PermissionDenied("You may not see this."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(request, exceptions.NotFound("There is nothing at this address."))


def unavailable(request: HttpRequest) -> HttpResponse:
    return _error(request, Unavailable("Too many requests are under way; try again later."))


def refused(request: HttpRequest, problem: APIException) -> HttpResponse:
    """The answer to a request that the server cannot hand to a view."""
    return _error(request, problem)


def server_error(request: HttpRequest, **ignored: Any) -> HttpResponse:
    """Called while the fault is handled. A database that does not answer in time is a pause and not a crash."""
    if isinstance(sys.exception(), OperationalError | InterfaceError):
        return _error(request, Unavailable())
    return _error(request, APIException("Something went wrong on our side."))


def _error(request: HttpRequest, problem: APIException) -> HttpResponse:
    """In the dialect whose prefix the path has, else as a page."""
    answer = answer_outside_views(request, problem)
    if answer is not None:
        return answer
    return page_of(request, problem)
