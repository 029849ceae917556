"""Countries and senders: a table of each, by which they can be compared."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from smsreports.api.snapshot import at_once
from smsreports.counters.reading import figures, largest, of_largest
from smsreports.reports.access import ReportView
from smsreports.reports.figures import SUMMED, Totals
from smsreports.reports.forms import NOWHERE, SortedForm
from smsreports.reports.selection import Selection
from smsreports.reports.speed import LEAST, Speed, sampled, speeds
from smsreports.reports.tables import Table
from smsreports.statements import Statement

# Lines of a table: more countries than there are. Senders can be any number; past these they are one line.
MOST_LINES = 300
# Rows of each source whose times to delivery are looked at: enough for many lines, still read within 50 ms.
SAMPLE = 5_000
# Pixels of the strip in which a rate is drawn.
STRIP = 120


@dataclass(frozen=True)
class Interval:
    """A rate within its interval, for a strip that shows the rates from `least` to 100 percent."""

    low: float
    high: float
    left: float
    width: float
    rate: float


@dataclass(frozen=True)
class Line:
    """One country or sender; `href` is None where no filter means just it."""

    name: str
    totals: Totals
    speed: Speed | None
    href: str | None
    delivered: str | None

    @property
    def low(self) -> float:
        return self.totals.interval[0] if self.totals.interval else 0.0

    @property
    def high(self) -> float:
        return self.totals.interval[1] if self.totals.interval else 0.0


# What a column sorts by. The best rate is the one that is surely high, so that 3 of 4 does not beat 970 of 1,000, and
# the worst the one that is surely low.
SORTS: Mapping[str, Callable[[Line], Any]] = {
    "name": lambda line: line.name,
    "sent": lambda line: line.totals.sent,
    "-rate": lambda line: line.low,
    "rate": lambda line: line.high,
    "cost": lambda line: line.totals.cost,
    "each": lambda line: line.totals.each,
    "median": lambda line: line.speed.median.took.total_seconds() if line.speed else None,
    "p95": lambda line: line.speed.p95.took.total_seconds() if line.speed else None,
}
COLUMNS = (
    *(("sent", "Sent"), ("rate", "Delivered"), ("cost", "Cost"), ("each", "Each")),
    *(("median", "Median"), ("p95", "95 of 100 within")),
)


class DimensionView(ReportView):
    """One table: a line for each value of a counters' dimension."""

    form_class = SortedForm
    template = "dimension"
    # The filter that means one line, and the counters' column.
    name: ClassVar[str]
    column: ClassVar[str]
    # The title of its first column.
    one: ClassVar[str]
    # What the filter calls the SMS that have none of them; empty where every SMS has one.
    nothing: ClassVar[str] = ""

    def figures(self, form: SortedForm, selection: Selection) -> Mapping[str, Any]:
        lines, (sums,) = self._lines(form, selection, selection.scope.summed(SUMMED, "status_group"))
        totals = Totals.of(figures(sums, 0, SUMMED).get((), {}))
        shown = Totals.added(line.totals for line in lines)
        return {
            "lines": [(line, _interval(line, _least(lines))) for line in lines],
            "least": _least(lines),
            "others": totals.sent - shown.sent,
            "totals": totals,
            "one": self.one,
            "none": f"no {self.one.lower()}",
            "headings": list(self._headings(form, selection)),
            "sample": SAMPLE,
            "fewest": LEAST,
            "strip": STRIP,
        }

    def table(self, form: SortedForm, selection: Selection) -> Table:
        titles = (self.name, "sent", "delivered", "delivery_rate", "rate_at_least", "rate_at_most", "cost", "cost_each")
        times = ("sampled", "median_seconds", "median_is_at_least", "p95_seconds", "p95_is_at_least")
        return Table((*titles, *times), [_row(line) for line in self._lines(form, selection)[0]])

    def _lines(self, form: SortedForm, selection: Selection, *also: Statement) -> tuple[list[Line], list[Any]]:
        """The lines, and the rows of what is `also` asked in the same round trip."""
        sample, rows, *others = at_once(
            sampled(selection, datetime.now(UTC), SAMPLE, self.column),
            largest(selection.scope, SUMMED, MOST_LINES, self.column),
            *also,
        )
        took, found = speeds(sample, 1), of_largest(rows, SUMMED, self.column)[self.column]
        lines = [self._line(selection, key, Totals.of(groups), took.get((key,))) for (key,), groups in found.items()]
        return ordered(lines, form.sort_by), others

    def _line(self, selection: Selection, key: str, totals: Totals, speed: Speed | None) -> Line:
        if not (key or self.nothing):
            return Line(key, totals, speed, None, None)
        rows = {self.name: key or self.nothing}
        delivered = selection.link("messages", **rows, status="delivered")
        return Line(key, totals, speed, selection.link("messages", **rows), delivered)

    def _headings(self, form: SortedForm, selection: Selection) -> Iterator[tuple[str, str, str]]:
        """Each column's title, the address that sorts by it, and how it is sorted now."""
        for column, title in (("name", self.one), *COLUMNS):
            down, up = f"-{column}", column
            now = {down: "descending", up: "ascending"}.get(form.sort_by, "")
            first, other = (up, down) if column == "name" else (down, up)
            yield title, selection.link(self.page, sort=other if form.sort_by == first else first), now


class CountriesView(DimensionView):
    page, title, name, column, one = "countries", "Countries", "country", "country", "Country"
    nothing = NOWHERE


class SendersView(DimensionView):
    page, title, name, column, one = "senders", "Senders", "sender", "sender_id", "Sender"


def ordered(lines: Sequence[Line], sort: str) -> list[Line]:
    """By the column that `sort` names, downwards with `-`; what is not known comes last, equals by name."""
    key = SORTS.get(sort) or SORTS[sort.removeprefix("-")]
    known = sorted((line for line in lines if key(line) is not None), key=lambda line: line.name)
    known.sort(key=key, reverse=sort.startswith("-"))
    return known + sorted((line for line in lines if key(line) is None), key=lambda line: line.name)


def _least(lines: Sequence[Line]) -> int:
    """Where the strip begins: near 100 percent the differences are small."""
    lowest = min((line.low for line in lines), default=0)
    return next((least for least in (90, 75, 50) if lowest >= least), 0)


def _interval(line: Line, least: int) -> Interval | None:
    if line.totals.rate is None:
        return None
    pixels = STRIP / (100 - least)
    left, right, rate = ((value - least) * pixels for value in (line.low, line.high, float(line.totals.rate)))
    return Interval(line.low, line.high, round(left, 1), round(max(right - left, 1), 1), round(rate, 1))


def _row(line: Line) -> tuple[Any, ...]:
    totals, speed = line.totals, line.speed
    interval = tuple(f"{bound:.2f}" for bound in (line.low, line.high)) if totals.sent else (None, None)
    figures = (line.name, totals.sent, totals.delivered, totals.rate, *interval, totals.cost, totals.each)
    if speed is None:
        return *figures, None, None, None, None, None
    times = (
        part
        for quantile in (speed.median, speed.p95)
        for part in (round(quantile.took.total_seconds()), str(quantile.at_least).lower())
    )
    return *figures, speed.sampled, *times
