"""Export responses for staff and report pages."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponseBase
from rest_framework.exceptions import APIException

from smsreports.accounts.client_address import client_address
from smsreports.accounts.models import Account
from smsreports.audit.recorder import ExportRecorder
from smsreports.export.stream import ExportSpec, build_export_response
from smsreports.staff.errors import render_error_page


def build_staff_export_response(
    request: HttpRequest, spec: ExportSpec, account: Account, filters: Mapping[str, str]
) -> HttpResponseBase:
    """Return the CSV response, or an error page if the export is refused. The audit log records `filters`."""
    recorder = ExportRecorder(account, request.user, client_address(request), filters, "csv")
    try:
        return build_export_response(request, spec, recorder)
    except APIException as error:
        return render_error_page(request, error)
