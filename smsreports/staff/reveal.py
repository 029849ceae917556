"""Revealing one SMS, for a reason that is kept: who, when, which, why."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from smsreports.accounts.client_address import client_address
from smsreports.accounts.masking import REVEAL
from smsreports.accounts.models import Reveal

# A word is no reason.
MIN_REASON_LENGTH = 5
# So much of a number's end is the number.
IDENTIFYING_DIGITS = 6


class ReasonForm(forms.Form):
    """Why somebody needs to see the SMS `row`. The log must not become the place where numbers are read."""

    reason = forms.CharField(
        min_length=MIN_REASON_LENGTH,
        max_length=Reveal._meta.get_field("reason").max_length,
        widget=forms.TextInput(attrs={"size": 80, "autocomplete": "off"}),
        help_text="It is recorded with your name and the time. Do not include phone numbers or message texts.",
    )

    def __init__(self, row: Any, *args: Any) -> None:
        super().__init__(*args)
        self.row = row

    def clean_reason(self) -> str:
        reason: str = self.cleaned_data["reason"]
        digits = "".join(letter for letter in reason if letter.isdigit())
        number = getattr(self.row, "recipient", "")[-IDENTIFYING_DIGITS:]
        if (number and number in digits) or (self.row.text and self.row.text in reason):
            raise ValidationError("must not contain the phone number or the text of the message")
        return reason


def reveal_row(admin: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """Asks for the reason; then, on the very answer to it, shows the row. Nothing of it is kept for a next page."""
    if not (admin.has_view_permission(request) and request.user.has_perm(REVEAL)):
        raise PermissionDenied
    row = admin.get_object(request, unquote(object_id))
    if row is None:
        missing: HttpResponse = admin._get_obj_does_not_exist_redirect(request, admin.opts, object_id)
        return missing
    form = ReasonForm(row, request.POST if request.method == "POST" else None)
    revealed = form.is_valid()
    if revealed:
        _record_reveal(request, row, form.cleaned_data["reason"])
    context = {
        **admin.admin_site.each_context(request),
        "title": f"Reveal {row}",
        "opts": admin.opts,
        "form": form,
        "row": row,
        "revealed": revealed,
    }
    return TemplateResponse(request, "admin/reveal.html", context)


def _record_reveal(request: Any, row: Any, reason: str) -> None:
    Reveal.objects.create(
        user=request.user,
        account=row.account,
        model=row._meta.label_lower,
        row=row.pk,
        reference=str(row),
        reason=reason,
        address=client_address(request),
    )
