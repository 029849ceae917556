"""What a list of messages may ask beyond other pages: the SMS of one broadcast, and what happened to them when."""

from datetime import MAXYEAR, MINYEAR, UTC, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from broadcasts_app.exports import SOURCE
from broadcasts_app.models import Broadcast
from smsreports.dialects.query import GREATEST_NUMBER, NUMBER
from smsreports.reports.forms import MessagesForm, WordField
from smsreports.sources import ALL

EVENTS = ("sent", "delivered", "clicked", "action")
# Whatever happened, happened after this.
BEGINNING = datetime.min.replace(tzinfo=UTC)


class RowField(forms.CharField):
    """The number of a row."""

    widget = forms.HiddenInput

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        if text and not (NUMBER.fullmatch(text) and len(text) <= 19 and 1 <= int(text) <= GREATEST_NUMBER):
            raise ValidationError("must be the number of a broadcast, as its page has it")
        return int(text) if text else None


class MomentField(forms.CharField):
    widget = forms.HiddenInput

    def clean(self, value: Any) -> datetime | None:
        text = super().clean(value)
        try:
            moment = datetime.fromisoformat(text) if text else None
            # A moment at the ends of the calendar has no time in every zone.
            if moment is None or (moment.tzinfo and MINYEAR < moment.year < MAXYEAR):
                return moment
        except ValueError:
            pass
        raise ValidationError("must be a moment with its zone, such as 2026-02-13T10:00:00Z")


class SendsForm(MessagesForm):
    """The figures of a broadcast's page lead here. `event` leaves the SMS to which it happened, from the moment
    `after` on and before the moment `before`."""

    broadcast = RowField(required=False)
    event = WordField({"": "any", **{name: name for name in EVENTS}})
    after = MomentField(required=False)
    before = MomentField(required=False)

    campaign: Broadcast | None = None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if number := self.value("broadcast"):
            self._find(number)
        after, before = self.value("after"), self.value("before")
        if after and before and after >= before:
            self.add_error("after", "must be earlier than before")
        for name in ("after", "before"):
            if self.value(name) and not self.value("event"):
                self.add_error(name, f"goes with an event: {', '.join(EVENTS)}")
        if self.value("event") and self.campaign is None:
            self.add_error("event", "goes with a broadcast")
        return cleaned

    def _find(self, number: int) -> None:
        account, source = self.value("account"), self.value("source") or ALL
        if SOURCE not in self.sources:
            self.add_error("broadcast", "needs the permission to see broadcasts")
        elif source not in (ALL, SOURCE.slug):
            self.add_error("broadcast", f"does not go with source {source}")
        elif account:
            self.campaign = Broadcast.objects.for_account(account).filter(pk=number).first()
            if self.campaign is None:
                self.add_error("broadcast", "is none of this account")

    def filters(self) -> dict[str, Any]:
        found = super().filters()
        if self.campaign is None:
            return found
        found["broadcast"] = self.campaign.pk
        if event := self.value("event"):
            found[f"{event}_since"] = self.value("after") or BEGINNING
            if before := self.value("before"):
                found[f"{event}_until"] = before
        return found
