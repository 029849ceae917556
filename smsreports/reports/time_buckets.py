"""The places of a chart over time: days, or where there are many, weeks, months or years of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from smsreports.sms.windows import ONE_DAY

# So many bars can still be told apart on a desk's screen.
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
    """What a bar stands for (`day`, `week`, `month`, `year`), and the bars from `first` to `last`, without a gap."""
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
    """From the first day to the last; the ones at the ends may be cut short."""
    while first <= last:
        end = min(_get_bucket_end(first, step), last)
        yield TimeBucket(first, end, f"{first:%b %Y}" if step == "month" else f"{first.day} {first:%b}")
        if end == date.max:
            return
        first = end + ONE_DAY


def _get_bucket_end(day: date, step: str) -> date:
    """The last day of the week (Monday to Sunday) or month that `day` is in."""
    match step:
        case "day":
            return day
        case "week":
            return day + timedelta(days=6 - day.weekday()) if day < date.max - WEEK else date.max
    return date(day.year, 12, 31) if day.month == 12 else date(day.year, day.month + 1, 1) - ONE_DAY


def _split_by_year(first: date, last: date) -> list[TimeBucket]:
    """The newest that can be drawn; a record's time may be any year there is."""
    years = range(max(first.year, last.year - MAX_BARS + 1), last.year + 1)
    return [TimeBucket(max(first, date(year, 1, 1)), min(last, date(year, 12, 31)), f"{year:04}") for year in years]
