"""What a list of messages may ask beyond other pages: the SMS of one broadcast, and what happened to them when."""

from datetime import MAXYEAR, MINYEAR, UTC, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from broadcasts_app.models import Broadcast
from broadcasts_app.source import SOURCE
from smsreports.queries.query_string import MAX_BIGINT, NUMBER_PATTERN
from smsreports.reports.fields import StrictChoiceField
from smsreports.reports.forms import MessagesForm
from smsreports.sources import ALL_SOURCES

EVENT_NAMES = ("sent", "delivered", "clicked", "action")
# Whatever happened, happened after this.
MIN_DATETIME = datetime.min.replace(tzinfo=UTC)


class BroadcastIdField(forms.CharField):
    """The number of a row."""

    widget = forms.HiddenInput

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        if text and not (NUMBER_PATTERN.fullmatch(text) and len(text) <= 19 and 1 <= int(text) <= MAX_BIGINT):
            raise ValidationError("must be the number of a broadcast, as its page has it")
        return int(text) if text else None


class ZonedDateTimeField(forms.CharField):
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


class BroadcastSendsForm(MessagesForm):
    """The figures of a broadcast's page lead here. `event` leaves the SMS to which it happened, from the moment
    `after` on and before the moment `before`."""

    broadcast = BroadcastIdField(required=False)
    event = StrictChoiceField({"": "any", **{name: name for name in EVENT_NAMES}})
    after = ZonedDateTimeField(required=False)
    before = ZonedDateTimeField(required=False)

    selected_broadcast: Broadcast | None = None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if number := self.get_value("broadcast"):
            self._load_broadcast(number)
        after, before = self.get_value("after"), self.get_value("before")
        if after and before and after >= before:
            self.add_error("after", "must be earlier than before")
        for name in ("after", "before"):
            if self.get_value(name) and not self.get_value("event"):
                self.add_error(name, f"goes with an event: {', '.join(EVENT_NAMES)}")
        if self.get_value("event") and self.selected_broadcast is None:
            self.add_error("event", "goes with a broadcast")
        return cleaned

    def _load_broadcast(self, broadcast_id: int) -> None:
        account, source = self.get_value("account"), self.get_value("source") or ALL_SOURCES
        if SOURCE not in self.sources:
            self.add_error("broadcast", "needs the permission to see broadcasts")
        elif source not in (ALL_SOURCES, SOURCE.slug):
            self.add_error("broadcast", f"does not go with source {source}")
        elif account:
            self.selected_broadcast = Broadcast.objects.for_account(account).filter(pk=broadcast_id).first()
            if self.selected_broadcast is None:
                self.add_error("broadcast", "is none of this account")

    def build_filters(self) -> dict[str, Any]:
        filters = super().build_filters()
        if self.selected_broadcast is None:
            return filters
        filters["broadcast"] = self.selected_broadcast.pk
        if event := self.get_value("event"):
            filters[f"{event}_since"] = self.get_value("after") or MIN_DATETIME
            if before := self.get_value("before"):
                filters[f"{event}_until"] = before
        return filters
