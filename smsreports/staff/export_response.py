"""A file that staff take, and what they are told where there is no place for it."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponseBase
from rest_framework.exceptions import APIException

from smsreports.accounts.client_address import client_address
from smsreports.accounts.models import Account
from smsreports.audit.recorder import ExportRecorder
from smsreports.export.stream import ExportSpec, build_export_response
from smsreports.staff.errors import render_error_page


def build_staff_export_response(
    request: HttpRequest, file: ExportSpec, account: Account, told: Mapping[str, str]
) -> HttpResponseBase:
    """`file`, the API's CSV of the account's rows by the filters `told`; or a page that says why not now."""
    entry = ExportRecorder(account, request.user, client_address(request), told, "csv")
    try:
        return build_export_response(request, file, entry)
    except APIException as problem:
        return render_error_page(request, problem)
