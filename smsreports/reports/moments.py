"""Moments in an address: finer than days, always UTC."""

import re
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?Z?")
# Weeks before it there must still be a calendar.
EARLIEST = datetime(2, 1, 1, tzinfo=UTC)


class MomentField(forms.CharField):
    def clean(self, value: Any) -> datetime | None:
        text = super().clean(value)
        try:
            if not text or MOMENT.fullmatch(text):
                return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC) if text else None
        except ValueError:  # the form of a moment, but of one that never was
            pass
        raise ValidationError("must be a moment in UTC, YYYY-MM-DDTHH:MMZ")


class PresentField(MomentField):
    """A moment that may be looked back from."""

    def clean(self, value: Any) -> datetime | None:
        moment = super().clean(value)
        if moment is not None and moment > datetime.now(UTC):
            raise ValidationError("must not be in the future")
        if moment is not None and moment < EARLIEST:
            raise ValidationError("must not be before the year 2")
        return moment


def said(moment: datetime) -> str:
    """As an address has it."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='minutes')}Z"
