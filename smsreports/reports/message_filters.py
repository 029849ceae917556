"""Form of the list of messages: hours, delivery in time, phone, and the SMS of a broadcast by event."""

from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta

from django import forms
from django.core.exceptions import ValidationError

from smsreports.campaigns import Campaign
from smsreports.queries.filters import PhoneField
from smsreports.queries.query_string import MAX_BIGINT, NUMBER_PATTERN
from smsreports.reports.fields import StrictChoiceField, UtcDateTimeField
from smsreports.reports.forms import PagedForm
from smsreports.sms.windows import Window
from smsreports.sources import ALL_SOURCES, find_campaigns

# Values of the `in_time` parameter, and of the filter behind it.
IN_TIME_CHOICES = {"yes": True, "no": False}
# Counters have neither hours nor delivery in time, so rows are counted one by one: up to half a million of a busy
# account.
MAX_UNCOUNTED_PERIOD = timedelta(days=8)
EVENT_NAMES = ("sent", "delivered", "clicked", "action")
# Lower bound of an event without `after`: no event is earlier.
MIN_EVENT_TIME = datetime.min.replace(tzinfo=UTC)


class BroadcastIdField(forms.CharField):
    """Primary key of a broadcast."""

    widget = forms.HiddenInput

    def clean(self, value: object) -> int | None:
        text = super().clean(value)
        if text and not (NUMBER_PATTERN.fullmatch(text) and len(text) <= 19 and 1 <= int(text) <= MAX_BIGINT):
            raise ValidationError("must be the number of a broadcast, as its page has it")
        return int(text) if text else None


class ZonedDateTimeField(forms.CharField):
    widget = forms.HiddenInput

    def clean(self, value: object) -> datetime | None:
        text = super().clean(value)
        try:
            moment = datetime.fromisoformat(text) if text else None
            # A time in the first or last year may be out of range in another zone.
            if moment is None or (moment.tzinfo and MINYEAR < moment.year < MAXYEAR):
                return moment
        except ValueError:
            pass
        raise ValidationError("must be a moment with its zone, such as 2026-02-13T10:00:00Z")


class MessagesForm(PagedForm):
    """Parameters of the list of messages, with those that the numbers of a broadcast link to.

    Lists of rows have hours and times to delivery, unlike counters. `event` selects the SMS of a broadcast to which it
    happened, from `after` on and before `before`.
    """

    in_time = StrictChoiceField({"": "any", **{choice: choice for choice in IN_TIME_CHOICES}}, label="In time")
    phone = PhoneField(required=False, widget=forms.TextInput(attrs={"size": 12, "inputmode": "tel"}))
    since = UtcDateTimeField(required=False, widget=forms.HiddenInput)
    until = UtcDateTimeField(required=False, widget=forms.HiddenInput)
    broadcast = BroadcastIdField(required=False)
    event = StrictChoiceField({"": "any", **{name: name for name in EVENT_NAMES}})
    after = ZonedDateTimeField(required=False)
    before = ZonedDateTimeField(required=False)

    selected_broadcast: Campaign | None = None
    # Name of the filter that narrows the rows to the selected broadcast.
    broadcast_filter = ""

    def clean(self) -> dict[str, object]:
        super().clean()
        self._check_hours()
        self._check_max_period()
        if broadcast_id := self.get_value("broadcast"):
            self._load_broadcast(broadcast_id)
        self._check_event()
        return self.cleaned_data

    def _check_hours(self) -> None:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if any(self.cleaned_data.get(name) for name in ("period", "first", "last")):
            for name in ("since", "until"):
                if self.cleaned_data.get(name):
                    self.add_error(name, "must not be given together with period, from or to")
        elif since and until and since > until:
            self.add_error("since", "must not be after until")
            self.add_error("until", "must not be before since")

    def _check_max_period(self) -> None:
        window = self.build_window()
        if window.start and window.end and window.end - window.start <= MAX_UNCOUNTED_PERIOD:
            return
        for name in ("in_time", "since", "until"):
            if self.cleaned_data.get(name):
                self.add_error(
                    name, f"is answered for {MAX_UNCOUNTED_PERIOD.days} days at most, and needs both ends of them"
                )

    def _load_broadcast(self, broadcast_id: int) -> None:
        account, source_name = self.get_value("account"), self.get_value("source") or ALL_SOURCES
        found = find_campaigns(self.sources)
        if found is None:
            self.add_error("broadcast", "needs the permission to see broadcasts")
            return
        source, campaigns = found
        if source_name not in (ALL_SOURCES, source.slug):
            self.add_error("broadcast", f"does not go with source {source_name}")
        elif account:
            self.broadcast_filter = campaigns.filter_name
            self.selected_broadcast = campaigns.load_campaigns(account, [broadcast_id]).get(broadcast_id)
            if self.selected_broadcast is None:
                self.add_error("broadcast", "is none of this account")

    def _check_event(self) -> None:
        after, before = self.get_value("after"), self.get_value("before")
        if after and before and after >= before:
            self.add_error("after", "must be earlier than before")
        for name in ("after", "before"):
            if self.get_value(name) and not self.get_value("event"):
                self.add_error(name, f"goes with an event: {', '.join(EVENT_NAMES)}")
        if self.get_value("event") and self.selected_broadcast is None:
            self.add_error("event", "goes with a broadcast")

    def build_window(self) -> Window:
        since, until = self.get_value("since"), self.get_value("until")
        return Window(since, until) if since or until else super().build_window()

    def build_filters(self) -> dict[str, object]:
        filters = super().build_filters()
        if in_time := self.get_value("in_time"):
            filters["in_time"] = IN_TIME_CHOICES[in_time]
        if self.selected_broadcast is None:
            return filters
        filters[self.broadcast_filter] = self.selected_broadcast.id
        if event := self.get_value("event"):
            filters[event] = Window(self.get_value("after") or MIN_EVENT_TIME, self.get_value("before"))
        return filters
