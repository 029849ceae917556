"""Countries and senders: a table of each, by which they can be compared."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from smsreports.counters.queries import parse_top_n, to_figures, top_n
from smsreports.database.compiled import CompiledQuery
from smsreports.database.snapshot import fetch_together
from smsreports.reports.base import ReportView
from smsreports.reports.csv_response import Table
from smsreports.reports.fields import NO_COUNTRY
from smsreports.reports.forms import SortedForm
from smsreports.reports.latency import MIN_SAMPLED_SMS, Latency, build_latency_query, parse_latencies
from smsreports.reports.selection import Selection
from smsreports.reports.totals import TOTALS_MEASURES, Totals

# Lines of a table: more countries than there are. Senders can be any number; past these they are one line.
MAX_ROWS = 300
# Rows of each source whose times to delivery are looked at: enough for many lines, still read within 50 ms.
SAMPLE_ROWS = 5_000
# Pixels of the strip in which a rate is drawn.
STRIP_WIDTH = 120


@dataclass(frozen=True)
class RateStrip:
    """A rate within its interval, for a strip that shows the rates from `least` to 100 percent."""

    low: float
    high: float
    left: float
    width: float
    rate: float


@dataclass(frozen=True)
class BreakdownRow:
    """One country or sender; `href` is None where no filter means just it."""

    name: str
    totals: Totals
    latency: Latency | None
    href: str | None
    delivered_href: str | None

    @property
    def lowest_rate(self) -> float:
        return self.totals.rate_interval[0] if self.totals.rate_interval else 0.0

    @property
    def highest_rate(self) -> float:
        return self.totals.rate_interval[1] if self.totals.rate_interval else 0.0


# What a column sorts by. The best rate is the one that is surely high, so that 3 of 4 does not beat 970 of 1,000, and
# the worst the one that is surely low.
SORT_KEYS: Mapping[str, Callable[[BreakdownRow], Any]] = {
    "name": lambda line: line.name,
    "sent": lambda line: line.totals.sent,
    "-rate": lambda line: line.lowest_rate,
    "rate": lambda line: line.highest_rate,
    "cost": lambda line: line.totals.cost,
    "each": lambda line: line.totals.cost_per_sms,
    "median": lambda line: line.latency.median.duration.total_seconds() if line.latency else None,
    "p95": lambda line: line.latency.p95.duration.total_seconds() if line.latency else None,
}
COLUMN_TITLES = (
    *(("sent", "Sent"), ("rate", "Delivered"), ("cost", "Cost"), ("each", "Each")),
    *(("median", "Median"), ("p95", "95 of 100 within")),
)


class BreakdownView(ReportView):
    """One table: a line for each value of a counters' dimension."""

    form_class = SortedForm
    template = "dimension"
    # The filter that means one line, and the counters' column.
    filter_name: ClassVar[str]
    counter_column: ClassVar[str]
    # The title of its first column.
    value_title: ClassVar[str]
    # What the filter calls the SMS that have none of them; empty where every SMS has one.
    empty_value: ClassVar[str] = ""

    def build_context(self, form: SortedForm, selection: Selection) -> Mapping[str, Any]:
        rows, (sums,) = self._load_rows(
            form, selection, selection.counter_scope.compile_sums(TOTALS_MEASURES, "status_group")
        )
        totals = Totals.from_groups(to_figures(sums, 0, TOTALS_MEASURES).get((), {}))
        listed = Totals.sum_of(line.totals for line in rows)
        return {
            "lines": [(line, _build_strip(line, _choose_strip_start(rows))) for line in rows],
            "least": _choose_strip_start(rows),
            "others": totals.sent - listed.sent,
            "totals": totals,
            "one": self.value_title,
            "none": f"no {self.value_title.lower()}",
            "headings": list(self._build_headings(form, selection)),
            "sample": SAMPLE_ROWS,
            "fewest": MIN_SAMPLED_SMS,
            "strip": STRIP_WIDTH,
        }

    def build_table(self, form: SortedForm, selection: Selection) -> Table:
        titles = (
            self.filter_name,
            "sent",
            "delivered",
            "delivery_rate",
            "rate_at_least",
            "rate_at_most",
            "cost",
            "cost_each",
        )
        times = ("sampled", "median_seconds", "median_is_at_least", "p95_seconds", "p95_is_at_least")
        return Table((*titles, *times), [_build_csv_row(line) for line in self._load_rows(form, selection)[0]])

    def _load_rows(
        self, form: SortedForm, selection: Selection, *extra_queries: CompiledQuery
    ) -> tuple[list[BreakdownRow], list[Any]]:
        """The lines, and the rows of what is `also` asked in the same round trip."""
        sample, top_rows, *others = fetch_together(
            build_latency_query(selection, datetime.now(UTC), SAMPLE_ROWS, self.counter_column),
            top_n(selection.counter_scope, TOTALS_MEASURES, MAX_ROWS, self.counter_column),
            *extra_queries,
        )
        latencies, found = (
            parse_latencies(sample, 1),
            parse_top_n(top_rows, TOTALS_MEASURES, self.counter_column)[self.counter_column],
        )
        breakdown = [
            self._build_row(selection, key, Totals.from_groups(groups), latencies.get((key,)))
            for (key,), groups in found.items()
        ]
        return sort_rows(breakdown, form.sort_by), others

    def _build_row(self, selection: Selection, key: str, totals: Totals, latency: Latency | None) -> BreakdownRow:
        if not (key or self.empty_value):
            return BreakdownRow(key, totals, latency, None, None)
        params = {self.filter_name: key or self.empty_value}
        delivered = selection.build_link("messages", **params, status="delivered")
        return BreakdownRow(key, totals, latency, selection.build_link("messages", **params), delivered)

    def _build_headings(self, form: SortedForm, selection: Selection) -> Iterator[tuple[str, str, str]]:
        """Each column's title, the address that sorts by it, and how it is sorted now."""
        for column, title in (("name", self.value_title), *COLUMN_TITLES):
            down, up = f"-{column}", column
            sort_direction = {down: "descending", up: "ascending"}.get(form.sort_by, "")
            first, other = (up, down) if column == "name" else (down, up)
            yield title, selection.build_link(self.page, sort=other if form.sort_by == first else first), sort_direction


class CountriesView(BreakdownView):
    page, title, filter_name, counter_column, value_title = "countries", "Countries", "country", "country", "Country"
    empty_value = NO_COUNTRY


class SendersView(BreakdownView):
    page, title, filter_name, counter_column, value_title = "senders", "Senders", "sender", "sender_id", "Sender"


def sort_rows(rows: Sequence[BreakdownRow], sort: str) -> list[BreakdownRow]:
    """By the column that `sort` names, downwards with `-`; what is not known comes last, equals by name."""
    key = SORT_KEYS.get(sort) or SORT_KEYS[sort.removeprefix("-")]
    known = sorted((line for line in rows if key(line) is not None), key=lambda line: line.name)
    known.sort(key=key, reverse=sort.startswith("-"))
    return known + sorted((line for line in rows if key(line) is None), key=lambda line: line.name)


def _choose_strip_start(rows: Sequence[BreakdownRow]) -> int:
    """Where the strip begins: near 100 percent the differences are small."""
    lowest = min((line.lowest_rate for line in rows), default=0)
    return next((least for least in (90, 75, 50) if lowest >= least), 0)


def _build_strip(row: BreakdownRow, strip_start: int) -> RateStrip | None:
    if row.totals.rate is None:
        return None
    pixels = STRIP_WIDTH / (100 - strip_start)
    left, right, rate = (
        (value - strip_start) * pixels for value in (row.lowest_rate, row.highest_rate, float(row.totals.rate))
    )
    return RateStrip(row.lowest_rate, row.highest_rate, round(left, 1), round(max(right - left, 1), 1), round(rate, 1))


def _build_csv_row(row: BreakdownRow) -> tuple[Any, ...]:
    totals, latency = row.totals, row.latency
    interval = tuple(f"{bound:.2f}" for bound in (row.lowest_rate, row.highest_rate)) if totals.sent else (None, None)
    figures = (row.name, totals.sent, totals.delivered, totals.rate, *interval, totals.cost, totals.cost_per_sms)
    if latency is None:
        return *figures, None, None, None, None, None
    times = (
        part
        for quantile in (latency.median, latency.p95)
        for part in (round(quantile.duration.total_seconds()), str(quantile.is_lower_bound).lower())
    )
    return *figures, latency.sample_size, *times
