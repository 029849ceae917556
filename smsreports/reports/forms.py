"""What an address may ask of a page: the API's filters by the API's names, read leniently.

A field that is wrong is left out and says so; all the others count.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.http import QueryDict

from smsreports.queries.filters import PhoneField
from smsreports.reports.fields import (
    NO_COUNTRY,
    AccountField,
    CountryOrNoneField,
    CursorField,
    IsoDateField,
    PageNumberField,
    SenderField,
    StrictChoiceField,
    TimeZoneField,
    UtcDateTimeField,
)
from smsreports.reports.widgets import FastTextInput
from smsreports.sms.statuses import StatusGroup
from smsreports.sms.windows import PERIODS, Window, utc_today, window_of_days, window_of_period
from smsreports.sources import ALL_SOURCES, Source

DEFAULT_PERIOD = "7d"
# The API's other words for two groups; understood, but not offered.
STATUS_ALIASES = {"sent": StatusGroup.PENDING, "failed": StatusGroup.UNDELIVERED}
# What the words mean to a FilterSet.
IN_TIME_CHOICES = {"yes": True, "no": False}
# No counter knows hours, nor what was in time: rows are counted one by one, up to half a million of a busy account.
MAX_UNCOUNTED_PERIOD = timedelta(days=8)
PERIOD_NAMES = dict(zip(PERIODS, ("Today", "Yesterday", "7 days", "30 days", "This month", "Last month"), strict=True))


class ReportForm(forms.Form):
    """What every page takes. Our names; `from` and `to` are the API's."""

    account = forms.CharField()  # an AccountField, made for each request
    period = StrictChoiceField(PERIOD_NAMES)
    first = IsoDateField(required=False, label="From")
    last = IsoDateField(required=False, label="To")
    source = forms.CharField()  # the sources that its reader may see
    status = StrictChoiceField(
        {"": "any", **{group.value: group.value for group in StatusGroup}}, unlisted_choices=tuple(STATUS_ALIASES)
    )
    country = CountryOrNoneField(required=False, widget=FastTextInput(attrs={"size": 4, "maxlength": 4}))
    sender = SenderField(required=False, strip=False, widget=FastTextInput(attrs={"size": 12}))
    tz = TimeZoneField()
    format = StrictChoiceField({"": "a page", "csv": "csv"})

    PARAM_NAMES = {"first": "from", "last": "to"}

    def __init__(self, data: QueryDict, sources: Sequence[Source]) -> None:
        super().__init__(data, use_required_attribute=False)
        source_labels = {source.slug: f"{source.slug} only" for source in sources}
        self.fields["account"] = AccountField()
        self.fields["source"] = StrictChoiceField(
            {ALL_SOURCES: "all", **source_labels} if len(source_labels) > 1 else source_labels
        )
        self.sources = sources
        self._find_repeated_params(data)

    def add_prefix(self, field_name: str) -> str:
        return self.PARAM_NAMES.get(field_name, field_name)

    def _find_repeated_params(self, data: QueryDict) -> None:
        self.repeated_params = [name for name in self.fields if len(data.getlist(self.add_prefix(name))) > 1]

    def clean(self) -> dict[str, Any]:
        for name in self.repeated_params:
            if name not in self.errors:
                self.add_error(name, "is given more than once")
        for name in ("first", "last"):
            if name in self.errors:  # a browser's own field for days would hide what is no day
                self.fields[name].widget.input_type = "text"
        first, last = self.cleaned_data.get("first"), self.cleaned_data.get("last")
        if (first or last) and self.cleaned_data.get("period"):
            self.add_error("period", "must not be given together with from or to")
        if first and last and first > last:
            self.add_error("first", "must not be after to")
            del self.cleaned_data["last"]
        return self.cleaned_data

    def get_value(self, name: str) -> Any:
        """What the field says, if it says anything sound."""
        return None if name in self.errors else self.cleaned_data.get(name) or None

    def build_window(self) -> Window:
        """As the API has it: `from` alone ends today, `to` alone never began, and nothing is the last week."""
        first, last = self.get_value("first"), self.get_value("last")
        if first is None and last is None:
            return window_of_period(self.get_value("period") or DEFAULT_PERIOD, utc_today())
        return window_of_days(first, last or utc_today())

    def build_filters(self) -> dict[str, Any]:
        """As a FilterSet takes them."""
        window, status = self.build_window(), self.get_value("status")
        filters = {"since": window.start, "until": window.end, "status": STATUS_ALIASES.get(status, status)}
        filters |= {name: self.get_value(name) for name in ("country", "sender", "phone")}
        if filters["country"] == NO_COUNTRY:
            filters |= {"country": None, "no_country": True}
        return {name: value for name, value in filters.items() if value is not None}

    def build_query_params(self) -> dict[str, str]:
        """What of the address is sound, in one order: the same question is always the same link."""
        names = [name for name in self.fields if name not in self.errors and name not in PRESENTATION_PARAMS]
        params = {self.add_prefix(name): self.data.get(self.add_prefix(name), "") for name in names}
        return {name: value for name, value in params.items() if value}


# What says where on a page or in which form, not what is shown; links say it anew.
PRESENTATION_PARAMS = ("format", "page", "cursor", "sort")


class PagedForm(ReportForm):
    """Of a list: which page of it, by number or by cursor."""

    page = PageNumberField(required=False)
    cursor = CursorField(required=False)

    def clean(self) -> dict[str, Any]:
        if self.data.get("page") and self.data.get("cursor"):
            self.add_error("cursor", "must not be given together with page")
        return super().clean()


class MessagesForm(PagedForm):
    """Of rows themselves, which know hours and how long delivery took."""

    in_time = StrictChoiceField({"": "any", **{word: word for word in IN_TIME_CHOICES}}, label="In time")
    phone = PhoneField(required=False, widget=FastTextInput(attrs={"size": 12, "inputmode": "tel"}))
    since = UtcDateTimeField(required=False, widget=forms.HiddenInput)
    until = UtcDateTimeField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        super().clean()
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if any(self.cleaned_data.get(name) for name in ("period", "first", "last")):
            for name in ("since", "until"):
                if self.cleaned_data.get(name):
                    self.add_error(name, "must not be given together with period, from or to")
        elif since and until and since > until:
            self.add_error("since", "must not be after until")
            self.add_error("until", "must not be before since")
        self._check_max_period()
        return self.cleaned_data

    def _check_max_period(self) -> None:
        window = self.build_window()
        if window.start and window.end and window.end - window.start <= MAX_UNCOUNTED_PERIOD:
            return
        for name in ("in_time", "since", "until"):
            if self.cleaned_data.get(name):
                self.add_error(
                    name, f"is answered for {MAX_UNCOUNTED_PERIOD.days} days at most, and needs both ends of them"
                )

    def build_window(self) -> Window:
        since, until = self.get_value("since"), self.get_value("until")
        return Window(since, until) if since or until else super().build_window()

    def build_filters(self) -> dict[str, Any]:
        in_time = self.get_value("in_time")
        return super().build_filters() | ({"in_time": IN_TIME_CHOICES[in_time]} if in_time else {})


class BroadcastsForm(PagedForm):
    """A broadcast is narrowed by its own day alone: its sends may have any status and go anywhere."""

    def __init__(self, data: QueryDict, sources: Sequence[Source]) -> None:
        super().__init__(data, sources)
        for name in ("source", "status", "country", "sender"):
            del self.fields[name]


class SortedForm(ReportForm):
    """Of a table: the column that it is sorted by, downwards with `-`."""

    SORT_COLUMNS = ("name", "sent", "rate", "cost", "each", "median", "p95")
    sort = StrictChoiceField({word: word for name in SORT_COLUMNS for word in (name, f"-{name}")})

    @property
    def sort_by(self) -> str:
        return self.get_value("sort") or "-sent"
