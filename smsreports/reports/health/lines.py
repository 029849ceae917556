"""A slice as a line of the page: its figures, and the rows that each of them leads to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from smsreports.reports.dimensions import STRIP, Interval
from smsreports.reports.health.evidence import LEAST
from smsreports.reports.health.hours import WEEKS, Hours
from smsreports.reports.health.slices import Count, Days, Key
from smsreports.reports.health.verdicts import Verdict
from smsreports.reports.moments import said
from smsreports.reports.selection import Selection

# The addresses of a slice's rows, week by week.
Addresses = Callable[[Key], Sequence["Address | None"]]


@dataclass(frozen=True)
class Address:
    """Of the rows of a slice on one day: all of them, or those alone that were in time, or not."""

    sent: str

    @property
    def in_time(self) -> str:
        return f"{self.sent}&in_time=yes"

    @property
    def missed(self) -> str:
        return f"{self.sent}&in_time=no"


@dataclass(frozen=True)
class Figures:
    """One day's hours of a slice; `href` is None where no filter means just these rows."""

    count: Count
    href: Address | None


@dataclass(frozen=True)
class Line:
    key: Key
    verdict: Verdict
    days: Sequence[Figures]

    @property
    def name(self) -> str:
        return named(self.key)

    @property
    def today(self) -> Figures:
        return self.days[0]

    @property
    def pasts(self) -> Sequence[Figures]:
        return self.days[1:]

    @property
    def range(self) -> tuple[float, float] | None:
        """The lowest and the highest rate of the past days that had enough SMS for one."""
        rates = [day.count.rate for day in self.pasts if day.count.rate is not None and day.count.sent >= LEAST]
        return (min(rates), max(rates)) if rates else None


def named(key: Key) -> str:
    sender, country = key
    if country is None:
        return "Everything" if sender is None else sender or "no sender"
    where = country or "no country"
    return where if sender is None else f"{sender or 'no sender'} → {where}"


def line(addresses: Addresses, key: Key, verdict: Verdict, days: Days) -> Line:
    figures = [Figures(count, href) for count, href in zip(days, addresses(key), strict=True)]
    return Line(key, verdict, figures)


def addresses(selection: Selection, hours: Hours) -> Addresses:
    """For hundreds of slices, of which each quotes no more than what is its own."""
    plain = selection.without("span", "at", "sender", "country").link("messages", period=None)
    narrowed = {name: selection.address[name] for name in ("sender", "country") if name in selection.address}
    windows = [_bounds(hours, week) for week in WEEKS]

    def found(key: Key) -> Sequence[Address | None]:
        if "" in key:
            return [None] * len(windows)
        own = {name: value for name, value in zip(("sender", "country"), key, strict=True) if value is not None}
        rows = urlencode(narrowed | own)
        return [Address(f"{plain}&{window}{rows and '&'}{rows}") for window in windows]

    return found


def _bounds(hours: Hours, week: int) -> str:
    window = hours.ago(week)
    return urlencode({name: said(at) for name, at in (("since", window.start), ("until", window.end)) if at})


def strips(lines: Sequence[Line]) -> tuple[int, list[tuple[Line, Interval | None]]]:
    """Where the strips of a table begin, in percent, and each line with its own: the past days' range, and today."""
    rates = [rate for one in lines for rate in (*(one.range or ()), one.today.count.rate) if rate is not None]
    least = next((least for least in (90, 75, 50) if min(rates, default=0) >= least), 0)
    return least, [(one, _strip(one, least)) for one in lines]


def _strip(one: Line, least: int) -> Interval | None:
    if one.range is None or one.today.count.rate is None:
        return None
    pixels = STRIP / (100 - least)
    left, right, rate = ((value - least) * pixels for value in (*one.range, one.today.count.rate))
    return Interval(*one.range, round(left, 1), round(max(right - left, 1), 1), round(min(rate, STRIP - 2), 1))
