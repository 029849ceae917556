"""The places of a chart over time: days, or where there are many, weeks, months or years of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from smsreports.windows import ONE_DAY

# So many bars can still be told apart on a desk's screen.
MOST_BARS = 93
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Span:
    """Days from `first` to `last`, both included."""

    first: date
    last: date
    label: str

    @property
    def said(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first} to {self.last}"


def spans(first: date, last: date) -> tuple[str, list[Span]]:
    """What a bar stands for (`day`, `week`, `month`, `year`), and the bars from `first` to `last`, without a gap."""
    days = (last - first).days + 1
    if days <= MOST_BARS:
        return "day", list(_cut(first, last, "day"))
    if days <= MOST_BARS * 7:
        return "week", list(_cut(first, last, "week"))
    return ("month", list(_cut(first, last, "month"))) if days <= MOST_BARS * 30 else ("year", _years(first, last))


def _cut(first: date, last: date, step: str) -> Iterator[Span]:
    """From the first day to the last; the ones at the ends may be cut short."""
    while first <= last:
        end = min(_end(first, step), last)
        yield Span(first, end, f"{first:%b %Y}" if step == "month" else f"{first.day} {first:%b}")
        if end == date.max:
            return
        first = end + ONE_DAY


def _end(day: date, step: str) -> date:
    """The last day of the week (Monday to Sunday) or month that `day` is in."""
    match step:
        case "day":
            return day
        case "week":
            return day + timedelta(days=6 - day.weekday()) if day < date.max - WEEK else date.max
    return date(day.year, 12, 31) if day.month == 12 else date(day.year, day.month + 1, 1) - ONE_DAY


def _years(first: date, last: date) -> list[Span]:
    """The newest that can be drawn; a record's time may be any year there is."""
    years = range(max(first.year, last.year - MOST_BARS + 1), last.year + 1)
    return [Span(max(first, date(year, 1, 1)), min(last, date(year, 12, 31)), f"{year:04}") for year in years]
