"""Reveal of the number and text of one SMS. The user, the time, the SMS and the reason are recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

from django import forms
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse

from smsreports.accounts.admin_bases import M
from smsreports.accounts.client_address import client_address
from smsreports.accounts.masking import REVEAL
from smsreports.accounts.models import Account, Reveal

if TYPE_CHECKING:
    from smsreports.staff.admin import ReadOnlyTrafficAdmin

# Characters. A shorter text explains nothing.
MIN_REASON_LENGTH = 5
# The last digits of a number that identify it.
IDENTIFYING_DIGITS = 6


class RevealableRow(Protocol):
    """Row of traffic with a text. An SMS has a `recipient` as well, a broadcast has none."""

    @property
    def pk(self) -> int: ...

    @property
    def account(self) -> Account: ...

    @property
    def text(self) -> str: ...


class ReasonForm(forms.Form):
    """Form for the reason to reveal an SMS. It rejects the number and the text, which the log must not contain."""

    reason = forms.CharField(
        min_length=MIN_REASON_LENGTH,
        max_length=Reveal._meta.get_field("reason").max_length,
        widget=forms.TextInput(attrs={"size": 80, "autocomplete": "off"}),
        help_text="It is recorded with your name and the time. Do not include phone numbers or message texts.",
    )

    def __init__(self, row: RevealableRow, data: QueryDict | None) -> None:
        super().__init__(data)
        self.row = row

    def clean_reason(self) -> str:
        reason: str = self.cleaned_data["reason"]
        digits = "".join(character for character in reason if character.isdigit())
        number = getattr(self.row, "recipient", "")[-IDENTIFYING_DIGITS:]
        if (number and number in digits) or (self.row.text and self.row.text in reason):
            raise ValidationError("must not contain the phone number or the text of the message")
        return reason


def reveal_row(admin: ReadOnlyTrafficAdmin[M], request: HttpRequest, object_id: str) -> HttpResponse:
    """Show the form; after a valid reason, record it and show the row in the same response.

    The next page needs a new reason. Raises PermissionDenied.
    """
    if not (admin.has_view_permission(request) and request.user.has_perm(REVEAL)):
        raise PermissionDenied
    row = admin.get_object(request, unquote(object_id))
    if row is None:
        # Private, and missing in the stubs: the answer of every other page of the row.
        redirect: HttpResponse = admin._get_obj_does_not_exist_redirect(  # type: ignore[attr-defined]
            request, admin.opts, object_id
        )
        return redirect
    revealable = cast(RevealableRow, row)  # each model whose admin has this page has a text
    form = ReasonForm(revealable, request.POST if request.method == "POST" else None)
    is_revealed = form.is_valid()
    if is_revealed:
        _record_reveal(request, revealable, admin.opts.label_lower, form.cleaned_data["reason"])
    context = {
        **admin.admin_site.each_context(request),
        "title": f"Reveal {row}",
        "opts": admin.opts,
        "form": form,
        "row": row,
        "revealed": is_revealed,
    }
    return TemplateResponse(request, "admin/reveal.html", context)


def _record_reveal(request: HttpRequest, row: RevealableRow, model: str, reason: str) -> None:
    assert request.user.is_authenticated
    Reveal.objects.create(
        user=request.user,
        account=row.account,
        model=model,
        row=row.pk,
        reference=str(row),
        reason=reason,
        address=client_address(request),
    )
