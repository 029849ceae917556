"""What the page of health may be asked."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property

from django.http import QueryDict

from smsreports.reports.forms import ReportForm, WordField
from smsreports.reports.health.hours import LAST_HOURS, Hours
from smsreports.reports.moments import PresentField
from smsreports.reports.widgets import Line
from smsreports.sources import Source
from smsreports.windows import Window

SPANS: Mapping[str, str] = {
    "today": "Today",
    **{word: f"Last {hours} hours" if hours > 1 else "Last hour" for word, hours in LAST_HOURS.items()},
}


class HealthForm(ReportForm):
    """Hours instead of days, as seen now or at another moment; no status, since delivery is what is asked about."""

    span = WordField(SPANS)
    at = PresentField(
        required=False, label="As of (UTC)", widget=Line(attrs={"size": 17, "placeholder": "2026-02-13T10:40Z"})
    )

    def __init__(self, data: QueryDict, sources: Sequence[Source]) -> None:
        super().__init__(data, sources)
        for name in ("period", "first", "last", "status"):
            del self.fields[name]

    @property
    def spans(self) -> str:
        word: str = self.value("span") or "today"
        return word

    @cached_property
    def moment(self) -> datetime:
        moment: datetime = self.value("at") or datetime.now(UTC)
        return moment

    @cached_property
    def hours(self) -> Hours:
        return Hours.of(self.spans, self.moment)

    def window(self) -> Window:
        return self.hours.ago(0)
