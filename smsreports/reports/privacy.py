"""What a page shows of a person: to staff who may not see whole numbers, as little as the admin does."""

from collections.abc import Mapping
from typing import Any, TypeVar

from django import forms
from django.core.exceptions import ValidationError

from smsreports.accounts.masking import can_see_numbers, mask_number
from smsreports.reports.forms import MessagesForm

Form = TypeVar("Form", bound=MessagesForm)
# Whoever needs to read it reveals it in the admin, for a reason.
HIDDEN_TEXT = "•••••"


class ForbiddenField(forms.CharField):
    """The search by part of a number, for those from whom it would take the mask off digit by digit."""

    widget = forms.HiddenInput

    def clean(self, value: Any) -> str:
        if value:
            raise ValidationError("is searched only by staff who may see whole numbers")
        return ""


def restrict_form(form: Form, user: Any) -> Form:
    """The form as `user` may use it."""
    if not can_see_numbers(user):
        form.fields["phone"] = ForbiddenField(required=False)
    return form


def mask_row(user: Any, row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The row as `user` may read it."""
    if can_see_numbers(user):
        return row
    return {**row, "recipient": mask_number(row["recipient"]), "text": HIDDEN_TEXT}
