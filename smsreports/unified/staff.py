"""The export of a staff list: the file that the API gives for the same filters, by the same code."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.views.decorators.http import require_POST

from smsreports.api.staff.asked import ACCOUNT, Question
from smsreports.api.staff.masking import sees_numbers
from smsreports.export.stream import response
from smsreports.sources import registered
from smsreports.unified.exports import api_file
from smsreports.unified.joined import unified


# By POST, with Django's token: no foreign page can make a member of staff start a file of a million rows.
@require_POST
def export(request: HttpRequest, source: str) -> StreamingHttpResponse:
    """The filters stand in the address, as they do on the list."""
    found = next((one for one in registered() if one.slug == source), None)
    if found is None:
        raise Http404
    staff: Any = admin.site.get_model_admin(found.viewset.rows.model)
    if not (staff.has_view_permission(request) and sees_numbers(request.user)):
        raise PermissionDenied
    question = staff.question(request)
    if question.account is None or not question.is_list or question.reasons:
        raise BadRequest("a file holds rows of one account, by the filters of its list")
    answer = response(api_file(unified(question.account, [found], question.asked)))
    _log(request.user, staff.model, question, int(answer["X-Export-Total"]))
    return answer


def _log(user: Any, model: type[Any], question: Question, rows: int) -> None:
    """Who took what out; of a filter by number only that there was one."""
    filters = {name: "…" if name == "phone" else value for name, value in question.given.items() if name != ACCOUNT}
    told = ", ".join([f"{rows} rows", *(f"{name} {value}" for name, value in filters.items())])
    LogEntry.objects.create(
        user_id=user.pk,
        content_type=ContentType.objects.get_for_model(model),
        action_flag=CHANGE,
        object_repr=f"Export of {question.account}",
        change_message=told,
    )
