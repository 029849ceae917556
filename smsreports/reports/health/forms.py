"""Form of the health page's parameters."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property

from django import forms
from django.http import QueryDict

from smsreports.reports.fields import PastDateTimeField, StrictChoiceField
from smsreports.reports.forms import ReportForm
from smsreports.reports.health.hours import HOURS_BY_SPAN, ComparedHours
from smsreports.sms.windows import Window
from smsreports.sources import Source

SPAN_LABELS: Mapping[str, str] = {
    "today": "Today",
    **{span: f"Last {hours} hours" if hours > 1 else "Last hour" for span, hours in HOURS_BY_SPAN.items()},
}


class HealthForm(ReportForm):
    """Hours instead of days, as of now or another time. There is no status filter, since the page compares delivery."""

    span = StrictChoiceField(SPAN_LABELS)
    at = PastDateTimeField(
        required=False,
        label="As of (UTC)",
        widget=forms.TextInput(attrs={"size": 17, "placeholder": "2026-02-13T10:40Z"}),
    )

    def __init__(self, data: QueryDict, sources: Sequence[Source]) -> None:
        super().__init__(data, sources)
        for name in ("period", "first", "last", "status"):
            del self.fields[name]

    @property
    def span_name(self) -> str:
        span: str = self.get_value("span") or "today"
        return span

    @cached_property
    def as_of(self) -> datetime:
        as_of: datetime = self.get_value("at") or datetime.now(UTC)
        return as_of

    @cached_property
    def hours(self) -> ComparedHours:
        return ComparedHours.from_span(self.span_name, self.as_of)

    def build_window(self) -> Window:
        return self.hours.shift_weeks(0)
