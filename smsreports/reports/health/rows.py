"""Rows of the page's tables: the figures of a slice, and the links to its SMS."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from smsreports.reports.fields import format_utc_minute
from smsreports.reports.health.comparison import MIN_SMS_PER_DAY
from smsreports.reports.health.detector import Finding
from smsreports.reports.health.hours import WEEKS, ComparedHours
from smsreports.reports.health.slices import SliceKey, SmsCount
from smsreports.reports.rate_strips import RateStrip, build_strip, choose_strip_start
from smsreports.reports.selection import Selection

# Builds the links to the SMS of a slice, by week.
SliceLinkBuilder = Callable[[SliceKey], Sequence["SliceLinks | None"]]


@dataclass(frozen=True)
class SliceLinks:
    """Links to the SMS of a slice on one day: to all, those in time, and those not in time."""

    sent: str

    @property
    def in_time(self) -> str:
        return f"{self.sent}&in_time=yes"

    @property
    def missed(self) -> str:
        return f"{self.sent}&in_time=no"


@dataclass(frozen=True)
class DayFigures:
    """Counts of a slice in one day's hours. `links` is None if no filter selects its SMS.

    The link of a number is None if the number is 0.
    """

    count: SmsCount
    links: SliceLinks | None

    @property
    def sent_href(self) -> str | None:
        return self.links.sent if self.links and self.count.sent else None

    @property
    def in_time_href(self) -> str | None:
        return self.links.in_time if self.links and self.count.in_time else None

    @property
    def missed_href(self) -> str | None:
        return self.links.missed if self.links and self.count.missed else None


@dataclass(frozen=True)
class SliceRow:
    key: SliceKey
    finding: Finding
    days: Sequence[DayFigures]

    @property
    def name(self) -> str:
        return format_slice_name(self.key)

    @property
    def today(self) -> DayFigures:
        return self.days[0]

    @property
    def past_days(self) -> Sequence[DayFigures]:
        return self.days[1:]

    @property
    def past_rate_range(self) -> tuple[float, float] | None:
        """Lowest and highest rate of the past days with enough SMS; None if there is none."""
        rates = [
            day.count.rate for day in self.past_days if day.count.rate is not None and day.count.sent >= MIN_SMS_PER_DAY
        ]
        return (min(rates), max(rates)) if rates else None


def format_slice_name(key: SliceKey) -> str:
    sender, country = key
    if country is None:
        return "Everything" if sender is None else sender or "no sender"
    country_name = country or "no country"
    return country_name if sender is None else f"{sender or 'no sender'} → {country_name}"


def make_slice_link_builder(selection: Selection, hours: ComparedHours) -> SliceLinkBuilder:
    """Return a function that builds the links of a slice, which are quoted once for what all slices share."""
    base_link = selection.without_params("span", "at", "sender", "country").build_link("messages", period=None)
    fixed_params = {
        name: selection.query_params[name] for name in ("sender", "country") if name in selection.query_params
    }
    windows = [_build_window_params(hours, week) for week in WEEKS]

    def build_slice_links(key: SliceKey) -> Sequence[SliceLinks | None]:
        if "" in key:
            return [None] * len(windows)
        own_params = {name: value for name, value in zip(("sender", "country"), key, strict=True) if value is not None}
        filters = urlencode(fixed_params | own_params)
        return [SliceLinks(f"{base_link}&{window}{filters and '&'}{filters}") for window in windows]

    return build_slice_links


def _build_window_params(hours: ComparedHours, week: int) -> str:
    window = hours.shift_weeks(week)
    return urlencode(
        {name: format_utc_minute(at) for name, at in (("since", window.start), ("until", window.end)) if at}
    )


def build_strips(rows: Sequence[SliceRow]) -> tuple[int, list[tuple[SliceRow, RateStrip | None]]]:
    """Return the start of a table's strips in percent, and each row with its strip: past range and today's rate."""
    rates = [rate for row in rows for rate in (*(row.past_rate_range or ()), row.today.count.rate) if rate is not None]
    strip_start = choose_strip_start(rates)
    return strip_start, [
        (row, build_strip(*row.past_rate_range, row.today.count.rate, strip_start))
        if row.past_rate_range is not None and row.today.count.rate is not None
        else (row, None)
        for row in rows
    ]
