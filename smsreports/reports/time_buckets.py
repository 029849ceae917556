"""Time buckets of a chart: days, or weeks, months or years if there are too many days."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from smsreports.sms.windows import ONE_DAY

# Bars that can still be distinguished on a desktop screen.
MAX_BARS = 93
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class TimeBucket:
    """Days from `first` to `last`, both included."""

    first: date
    last: date
    label: str

    @property
    def range_label(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first} to {self.last}"


def build_buckets(first: date, last: date) -> tuple[str, list[TimeBucket]]:
    """Return the size of a bucket (`day`, `week`, `month`, `year`), and the buckets of all days, without gaps."""
    days = (last - first).days + 1
    if days <= MAX_BARS:
        return "day", list(_split_range(first, last, "day"))
    if days <= MAX_BARS * 7:
        return "week", list(_split_range(first, last, "week"))
    return (
        ("month", list(_split_range(first, last, "month")))
        if days <= MAX_BARS * 30
        else ("year", _split_by_year(first, last))
    )


def _split_range(first: date, last: date, step: str) -> Iterator[TimeBucket]:
    """Yield the buckets of a range. The first and the last one may be shorter than `step`."""
    while first <= last:
        end = min(_get_bucket_end(first, step), last)
        yield TimeBucket(first, end, f"{first:%b %Y}" if step == "month" else f"{first.day} {first:%b}")
        if end == date.max:
            return
        first = end + ONE_DAY


def _get_bucket_end(day: date, step: str) -> date:
    """Return the last day of the week (Monday to Sunday) or month of `day`."""
    match step:
        case "day":
            return day
        case "week":
            return day + timedelta(days=6 - day.weekday()) if day < date.max - WEEK else date.max
    return date(day.year, 12, 31) if day.month == 12 else date(day.year, day.month + 1, 1) - ONE_DAY


def _split_by_year(first: date, last: date) -> list[TimeBucket]:
    """Return the newest years, at most MAX_BARS: rows may be of any year of the calendar."""
    years = range(max(first.year, last.year - MAX_BARS + 1), last.year + 1)
    return [TimeBucket(max(first, date(year, 1, 1)), min(last, date(year, 12, 31)), f"{year:04}") for year in years]
