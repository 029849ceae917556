"""Export of a staff list: the same file that the API returns for the same filters."""

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


# POST with a CSRF token, so that no other site can make a member of staff start an export of a million rows.
@require_POST
def export_staff_list(request: HttpRequest, source: str) -> HttpResponseBase:
    """Export the list of the source with this slug. The filters are in the query string, as they are on the list.

    Raises Http404 for an unknown source, PermissionDenied, and BadRequest unless the query is valid and names an
    account.
    """
    sources = {registered.slug: registered for registered in get_sources()}
    if source not in sources:
        raise Http404
    model_admin: Any = admin.site.get_model_admin(sources[source].model)
    if not (model_admin.has_view_permission(request) and can_see_numbers(request.user)):
        raise PermissionDenied
    query = model_admin.get_list_query(request)
    if query.account is None or not query.is_list or query.reasons:
        raise BadRequest("an export needs one account, and takes only the filters of its list")
    spec = build_default_export(build_unified_listing(query.account, [sources[source]], query.list_request))
    filters = {name: value for name, value in query.raw.items() if name != ACCOUNT_PARAM} | {"source": source}
    return build_staff_export_response(request, spec, query.account, filters)
