"""The export of a staff list: the file that the API gives for the same filters, by the same code."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_POST

from smsreports.api.staff.asked import ACCOUNT
from smsreports.api.staff.masking import sees_numbers
from smsreports.audit.staff import taken
from smsreports.sources import registered
from smsreports.unified.exports import api_file
from smsreports.unified.joined import unified


# By POST, with Django's token: no foreign page can make a member of staff start a file of a million rows.
@require_POST
def export(request: HttpRequest, source: str) -> HttpResponseBase:
    """The filters stand in the address, as they do on the list."""
    found = next((one for one in registered() if one.slug == source), None)
    if found is None:
        raise Http404
    staff: Any = admin.site.get_model_admin(found.viewset.rows.model)
    if not (staff.has_view_permission(request) and sees_numbers(request.user)):
        raise PermissionDenied
    question = staff.question(request)
    if question.account is None or not question.is_list or question.reasons:
        raise BadRequest("an export needs one account, and takes only the filters of its list")
    file = api_file(unified(question.account, [found], question.asked))
    told = {name: value for name, value in question.given.items() if name != ACCOUNT} | {"source": source}
    return taken(request, file, question.account, told)
