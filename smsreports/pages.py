"""The site's own pages: the front page, and errors outside every view."""

import sys
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from rest_framework import exceptions
from rest_framework.exceptions import APIException

from smsreports.api.errors import Unavailable, answer_outside_views, as_problem, dialects
from smsreports.api.staff.refusals import page_of
from smsreports.database.outages import is_outage


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "home.html", {"dialects": dialects()})


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_outage(exception):  # a session that could not be written is reported as an interrupted one
        return show_error(request, as_problem(exception))
    return show_error(request, exceptions.ParseError("The request is malformed."))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return show_error(request, exceptions.PermissionDenied("You do not have access to this page."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return show_error(request, exceptions.NotFound("There is no page at this address."))


def unavailable(request: HttpRequest) -> HttpResponse:
    return show_error(request, Unavailable("Too many requests are under way; try again later."))


def server_error(request: HttpRequest, **ignored: Any) -> HttpResponse:
    """Answer for a fault outside every view; called while it is handled."""
    fault = sys.exception()
    if isinstance(fault, Exception) and is_outage(fault):
        return show_error(request, as_problem(fault))
    return show_error(request, APIException("Something went wrong on our side."))


def show_error(request: HttpRequest, problem: APIException) -> HttpResponse:
    """Answer in the dialect whose prefix the path has, else with a page."""
    answer = answer_outside_views(request, problem)
    if answer is not None:
        return answer
    return page_of(request, problem)
