"""A file that staff take, and what they are told where there is no place for it."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponseBase
from rest_framework.exceptions import APIException

from smsreports.accounts.addresses import client_address
from smsreports.accounts.models import Account
from smsreports.api.staff.refusals import page_of
from smsreports.audit.recording import Entry
from smsreports.export.stream import File, response


def taken(request: HttpRequest, file: File, account: Account, told: Mapping[str, str]) -> HttpResponseBase:
    """`file`, the API's CSV of the account's rows by the filters `told`; or a page that says why not now."""
    entry = Entry(account, request.user, client_address(request), told, "csv")
    try:
        return response(request, file, entry)
    except APIException as problem:
        return page_of(request, problem)
