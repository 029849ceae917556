"""Masking of numbers and texts for staff who may not see whole numbers, as in the admin."""

from django import forms
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import ValidationError

from smsreports.accounts.masking import can_see_numbers, mask_number
from smsreports.reports.message_filters import MessagesForm
from smsreports.reports.message_record import MessageRecord

# Shown in place of a text. The admin reveals texts, for a recorded reason.
HIDDEN_TEXT = "•••••"


class ForbiddenField(forms.CharField):
    """Search by part of a number, which is rejected: it would reveal masked numbers digit by digit."""

    widget = forms.HiddenInput

    def clean(self, value: object) -> str:
        if value:
            raise ValidationError("is searched only by staff who may see whole numbers")
        return ""


def restrict_form(form: MessagesForm, user: User | AnonymousUser) -> MessagesForm:
    """Replace the phone search of the form if `user` may not see whole numbers."""
    if not can_see_numbers(user):
        form.fields["phone"] = ForbiddenField(required=False)
    return form


def mask_row(user: User | AnonymousUser, row: MessageRecord) -> MessageRecord:
    """Return the row with number and text masked if `user` may not see whole numbers."""
    if can_see_numbers(user):
        return row
    return {**row, "recipient": mask_number(row["recipient"]), "text": HIDDEN_TEXT}
