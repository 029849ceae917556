"""Forms that parse the query string of a page: the API's filters under the API's names, read leniently.

An invalid field is ignored and reported; all other fields apply.
"""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import QueryDict

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
)
from smsreports.sms.statuses import StatusGroup
from smsreports.sms.windows import PERIODS, Window, utc_today, window_of_days, window_of_period
from smsreports.sources import ALL_SOURCES, Source

# Filters of an account's rows, in the order of the form.
FILTER_FIELDS = ("source", "status", "in_time", "country", "sender", "phone")
# Filters that only links set. They have no visible field.
LINK_PARAMS = ("broadcast", "event", "after", "before")
FILTER_PARAMS = (*FILTER_FIELDS, *LINK_PARAMS)
DEFAULT_PERIOD = "7d"
# The API's other names for two status groups. They are accepted, but not offered.
STATUS_ALIASES = {"sent": StatusGroup.PENDING, "failed": StatusGroup.UNDELIVERED}
PERIOD_NAMES = dict(zip(PERIODS, ("Today", "Yesterday", "7 days", "30 days", "This month", "Last month"), strict=True))


class ReportForm(forms.Form):
    """Parameters of every page. The fields `first` and `last` are the parameters `from` and `to`."""

    account = forms.CharField()  # __init__ replaces it with an AccountField of the current accounts
    period = StrictChoiceField(PERIOD_NAMES)
    first = IsoDateField(required=False, label="From")
    last = IsoDateField(required=False, label="To")
    source = forms.CharField()  # __init__ replaces it with the sources that the user may view
    status = StrictChoiceField(
        {"": "any", **{group.value: group.value for group in StatusGroup}}, unlisted_choices=tuple(STATUS_ALIASES)
    )
    country = CountryOrNoneField(required=False, widget=forms.TextInput(attrs={"size": 4, "maxlength": 4}))
    sender = SenderField(required=False, strip=False, widget=forms.TextInput(attrs={"size": 12}))
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
        self.repeated_params = [name for name in self.fields if len(data.getlist(self.add_prefix(name))) > 1]

    def add_prefix(self, field_name: str) -> str:
        return self.PARAM_NAMES.get(field_name, field_name)

    def clean(self) -> dict[str, object]:
        for name in self.repeated_params:
            if name in self.fields and name not in self.errors:
                self.add_error(name, "is given more than once")
        for name in ("first", "last"):
            if name in self.errors:  # a date input would not show an invalid value
                self.fields[name].widget.input_type = "text"
        first, last = self.cleaned_data.get("first"), self.cleaned_data.get("last")
        if (first or last) and self.cleaned_data.get("period"):
            self.add_error("period", "must not be given together with from or to")
        if first and last and first > last:
            self.add_error("first", "must not be after to")
            del self.cleaned_data["last"]
        return self.cleaned_data

    def get_value(self, name: str) -> Any:
        """Return the value of the field, or None if it is empty, invalid or absent."""
        return None if name in self.errors else self.cleaned_data.get(name) or None

    def build_window(self) -> Window:
        """Return the window as the API defines it: `from` alone ends today, `to` alone has no start, and neither is the
        last week."""
        first, last = self.get_value("first"), self.get_value("last")
        if first is None and last is None:
            return window_of_period(self.get_value("period") or DEFAULT_PERIOD, utc_today())
        return window_of_days(first, last or utc_today())

    def build_filters(self) -> dict[str, object]:
        """Return the filters in the names and values of a FilterSet."""
        window, status = self.build_window(), self.get_value("status")
        filters = {"period": window, "status": STATUS_ALIASES.get(status, status)}
        filters |= {name: self.get_value(name) for name in ("country", "sender", "phone")}
        if filters["country"] == NO_COUNTRY:
            filters |= {"country": None, "no_country": True}
        return {name: value for name, value in filters.items() if value is not None}

    def build_query_params(self) -> dict[str, str]:
        """Return the valid parameters in a fixed order, so that equal selections have equal links."""
        names = [name for name in self.fields if name not in self.errors and name not in PRESENTATION_PARAMS]
        params = {self.add_prefix(name): self.data.get(self.add_prefix(name), "") for name in names}
        return {name: value for name, value in params.items() if value}


# Parameters that select no rows. Links leave them out unless they set them.
PRESENTATION_PARAMS = ("format", "page", "cursor", "sort")


class PagedForm(ReportForm):
    """Parameters of a list: the page, by number or by cursor."""

    page = PageNumberField(required=False)
    cursor = CursorField(required=False)

    def clean(self) -> dict[str, object]:
        if self.data.get("page") and self.data.get("cursor"):
            self.add_error("cursor", "must not be given together with page")
        return super().clean()


class BroadcastsForm(PagedForm):
    """Parameters of the list of broadcasts, which is filtered by their day only: their SMS may have any status and
    country."""

    def __init__(self, data: QueryDict, sources: Sequence[Source]) -> None:
        super().__init__(data, sources)
        for name in ("source", "status", "country", "sender"):
            del self.fields[name]


class SortedForm(ReportForm):
    """Parameters of a sorted table: its column, descending with `-`."""

    SORT_COLUMNS = ("name", "sent", "rate", "cost", "each", "median", "p95")
    sort = StrictChoiceField({order: order for name in SORT_COLUMNS for order in (name, f"-{name}")})

    @property
    def sort_by(self) -> str:
        return self.get_value("sort") or "-sent"
