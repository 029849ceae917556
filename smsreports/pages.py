"""The front page, and error pages outside views."""

import sys

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from rest_framework import exceptions
from rest_framework.exceptions import APIException

from smsreports.api.errors import get_dialects, render_error_for_path, to_api_exception
from smsreports.database.outages import is_outage
from smsreports.exceptions import ServiceUnavailable
from smsreports.staff.errors import render_error_page


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "home.html", {"dialects": get_dialects()})


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_outage(exception):  # Django reports a session that could not be written as interrupted
        return show_error(request, to_api_exception(exception))
    return show_error(request, exceptions.ParseError("The request is malformed."))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return show_error(request, exceptions.PermissionDenied("You do not have access to this page."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return show_error(request, exceptions.NotFound("There is no page at this address."))


def service_unavailable(request: HttpRequest) -> HttpResponse:
    return show_error(request, ServiceUnavailable("Too many requests are under way; try again later."))


def server_error(request: HttpRequest, **ignored: object) -> HttpResponse:
    """Return a 503 for an outage of the database, else a 500. Django calls this while it handles the exception."""
    exception = sys.exception()
    if isinstance(exception, Exception) and is_outage(exception):
        return show_error(request, to_api_exception(exception))
    return show_error(request, APIException("Something went wrong on our side."))


def show_error(request: HttpRequest, error: APIException) -> HttpResponse:
    """Return the error in the dialect whose prefix the path has, else as a page."""
    return render_error_for_path(request, error) or render_error_page(request, error)
