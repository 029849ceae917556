"""The export of a staff list: the file that the API gives for the same filters, by the same code."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_POST

from smsreports.accounts.masking import can_see_numbers
from smsreports.sources import get_sources
from smsreports.staff.export_response import build_staff_export_response
from smsreports.staff.list_query import ACCOUNT_PARAM
from smsreports.unified.exports import build_default_export
from smsreports.unified.listings import build_unified_listing


# By POST, with Django's token: no foreign page can make a member of staff start a file of a million rows.
@require_POST
def export_staff_list(request: HttpRequest, source: str) -> HttpResponseBase:
    """The filters stand in the address, as they do on the list."""
    found = next((one for one in get_sources() if one.slug == source), None)
    if found is None:
        raise Http404
    staff: Any = admin.site.get_model_admin(found.viewset.manager.model)
    if not (staff.has_view_permission(request) and can_see_numbers(request.user)):
        raise PermissionDenied
    list_query = staff.get_list_query(request)
    if list_query.account is None or not list_query.is_list or list_query.reasons:
        raise BadRequest("an export needs one account, and takes only the filters of its list")
    file = build_default_export(build_unified_listing(list_query.account, [found], list_query.list_request))
    told = {name: value for name, value in list_query.raw.items() if name != ACCOUNT_PARAM} | {"source": source}
    return build_staff_export_response(request, file, list_query.account, told)
