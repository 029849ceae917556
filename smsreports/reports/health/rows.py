"""A slice as a line of the page: its figures, and the rows that each of them leads to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from smsreports.reports.breakdowns import STRIP_WIDTH, RateStrip
from smsreports.reports.fields import format_utc_minute
from smsreports.reports.health.comparison import MIN_SMS_PER_DAY
from smsreports.reports.health.detector import Finding
from smsreports.reports.health.hours import WEEKS, ComparedHours
from smsreports.reports.health.slices import SliceKey, SmsCount, WeeklyCounts
from smsreports.reports.selection import Selection

# The addresses of a slice's rows, week by week.
SliceLinkBuilder = Callable[[SliceKey], Sequence["SliceLinks | None"]]


@dataclass(frozen=True)
class SliceLinks:
    """Of the rows of a slice on one day: all of them, or those alone that were in time, or not."""

    sent: str

    @property
    def in_time(self) -> str:
        return f"{self.sent}&in_time=yes"

    @property
    def missed(self) -> str:
        return f"{self.sent}&in_time=no"


@dataclass(frozen=True)
class DayFigures:
    """One day's hours of a slice; `href` is None where no filter means just these rows."""

    count: SmsCount
    href: SliceLinks | None


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
        """The lowest and the highest rate of the past days that had enough SMS for one."""
        rates = [
            day.count.rate for day in self.past_days if day.count.rate is not None and day.count.sent >= MIN_SMS_PER_DAY
        ]
        return (min(rates), max(rates)) if rates else None


def format_slice_name(key: SliceKey) -> str:
    sender, country = key
    if country is None:
        return "Everything" if sender is None else sender or "no sender"
    where = country or "no country"
    return where if sender is None else f"{sender or 'no sender'} → {where}"


def build_slice_row(build_links: SliceLinkBuilder, key: SliceKey, verdict: Finding, days: WeeklyCounts) -> SliceRow:
    figures = [DayFigures(count, href) for count, href in zip(days, build_links(key), strict=True)]
    return SliceRow(key, verdict, figures)


def make_slice_link_builder(selection: Selection, hours: ComparedHours) -> SliceLinkBuilder:
    """For hundreds of slices, of which each quotes no more than what is its own."""
    base_link = selection.without_params("span", "at", "sender", "country").build_link("messages", period=None)
    fixed_params = {
        name: selection.query_params[name] for name in ("sender", "country") if name in selection.query_params
    }
    windows = [_build_window_params(hours, week) for week in WEEKS]

    def build_slice_links(key: SliceKey) -> Sequence[SliceLinks | None]:
        if "" in key:
            return [None] * len(windows)
        own = {name: value for name, value in zip(("sender", "country"), key, strict=True) if value is not None}
        rows = urlencode(fixed_params | own)
        return [SliceLinks(f"{base_link}&{window}{rows and '&'}{rows}") for window in windows]

    return build_slice_links


def _build_window_params(hours: ComparedHours, week: int) -> str:
    window = hours.shift_weeks(week)
    return urlencode(
        {name: format_utc_minute(at) for name, at in (("since", window.start), ("until", window.end)) if at}
    )


def build_strips(rows: Sequence[SliceRow]) -> tuple[int, list[tuple[SliceRow, RateStrip | None]]]:
    """Where the strips of a table begin, in percent, and each line with its own: the past days' range, and today."""
    rates = [rate for one in rows for rate in (*(one.past_rate_range or ()), one.today.count.rate) if rate is not None]
    strip_start = next((least for least in (90, 75, 50) if min(rates, default=0) >= least), 0)
    return strip_start, [(one, _build_strip(one, strip_start)) for one in rows]


def _build_strip(row: SliceRow, strip_start: int) -> RateStrip | None:
    if row.past_rate_range is None or row.today.count.rate is None:
        return None
    pixels = STRIP_WIDTH / (100 - strip_start)
    left, right, rate = ((value - strip_start) * pixels for value in (*row.past_rate_range, row.today.count.rate))
    return RateStrip(
        *row.past_rate_range, round(left, 1), round(max(right - left, 1), 1), round(min(rate, STRIP_WIDTH - 2), 1)
    )
