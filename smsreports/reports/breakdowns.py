"""Tables of countries and of senders."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from smsreports.counters.queries import parse_top_n, to_figures, top_n
from smsreports.database.compiled import CompiledQuery
from smsreports.database.snapshot import fetch_together
from smsreports.reports.base import FilteredReportView
from smsreports.reports.csv_response import Table
from smsreports.reports.fields import NO_COUNTRY
from smsreports.reports.forms import SortedForm
from smsreports.reports.latency import MIN_SAMPLED_SMS, Latency, build_latency_query, parse_latencies
from smsreports.reports.rate_strips import build_strip, choose_strip_start
from smsreports.reports.selection import Selection
from smsreports.reports.totals import TOTALS_MEASURES, Totals

# Rows of a table. There are fewer countries; the smaller ones of more senders are counted together.
MAX_ROWS = 300
# Sampled rows of each source for the times to delivery: enough for many rows, and read within 50 ms.
SAMPLE_ROWS = 5_000


@dataclass(frozen=True)
class BreakdownRow:
    """One country or sender. The links are None if no filter selects it alone."""

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


# Sort keys of the columns. Rates are sorted by the bounds of their intervals, so that 3 of 4 does not rank above 970 of
# 1,000: descending by the lower bound, ascending by the upper one.
SORT_KEYS: Mapping[str, Callable[[BreakdownRow], Any]] = {
    "name": lambda row: row.name,
    "sent": lambda row: row.totals.sent,
    "-rate": lambda row: row.lowest_rate,
    "rate": lambda row: row.highest_rate,
    "cost": lambda row: row.totals.cost,
    "each": lambda row: row.totals.cost_per_sms,
    "median": lambda row: row.latency.median.duration.total_seconds() if row.latency else None,
    "p95": lambda row: row.latency.p95.duration.total_seconds() if row.latency else None,
}
COLUMN_TITLES = (
    *(("sent", "Sent"), ("rate", "Delivered"), ("cost", "Cost"), ("each", "Each")),
    *(("median", "Median"), ("p95", "95 of 100 within")),
)


class BreakdownView(FilteredReportView[SortedForm]):
    """Table with a row for each value of a dimension of the counters."""

    form_class = SortedForm
    template = "dimension"
    # Filter that selects one value, and the column of the counters.
    filter_name: ClassVar[str]
    counter_column: ClassVar[str]
    # Title of the first column.
    value_title: ClassVar[str]
    # Value of the filter for SMS without a value; empty if there is none.
    empty_value: ClassVar[str] = ""

    def build_context(self, form: SortedForm, selection: Selection) -> Mapping[str, object]:
        rows, (sums,) = self._load_rows(
            form, selection, selection.counter_scope.compile_sums(TOTALS_MEASURES, "status_group")
        )
        totals = Totals.from_groups(to_figures(sums, 0, TOTALS_MEASURES).get((), {}))
        listed = Totals.sum_of(row.totals for row in rows)
        strip_start = choose_strip_start(row.lowest_rate for row in rows)
        return {
            "rows": [
                (
                    row,
                    None if rate is None else build_strip(row.lowest_rate, row.highest_rate, float(rate), strip_start),
                )
                for row in rows
                for rate in (row.totals.rate,)
            ],
            "strip_start": strip_start,
            "unlisted_sms": totals.sent - listed.sent,
            "totals": totals,
            "missing_name": f"no {self.value_title.lower()}",
            "headings": list(self._build_headings(form, selection)),
            "sample": SAMPLE_ROWS,
            "min_sample": MIN_SAMPLED_SMS,
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
        return Table((*titles, *times), [_build_csv_row(row) for row in self._load_rows(form, selection)[0]])

    def _load_rows(
        self, form: SortedForm, selection: Selection, *extra_queries: CompiledQuery
    ) -> tuple[list[BreakdownRow], list[list[tuple[object, ...]]]]:
        """Return the sorted rows, and the results of `extra_queries`, which are sent in the same round trip."""
        sample, top_rows, *others = fetch_together(
            build_latency_query(selection, datetime.now(UTC), SAMPLE_ROWS, self.counter_column),
            top_n(selection.counter_scope, TOTALS_MEASURES, MAX_ROWS, self.counter_column),
            *extra_queries,
        )
        latencies = parse_latencies(sample, 1)
        figures = parse_top_n(top_rows, TOTALS_MEASURES, self.counter_column)[self.counter_column]
        breakdown = [
            self._build_row(selection, key, Totals.from_groups(groups), latencies.get((key,)))
            for (key,), groups in figures.items()
        ]
        return sort_rows(breakdown, form.sort_by), others

    def _build_row(self, selection: Selection, key: str, totals: Totals, latency: Latency | None) -> BreakdownRow:
        if not (key or self.empty_value):
            return BreakdownRow(key, totals, latency, None, None)
        params = {self.filter_name: key or self.empty_value}
        delivered = selection.build_link("messages", **params, status="delivered")
        return BreakdownRow(key, totals, latency, selection.build_link("messages", **params), delivered)

    def _build_headings(self, form: SortedForm, selection: Selection) -> Iterator[tuple[str, str, str]]:
        """Yield the title of each column, the link that sorts by it, and its current sort direction."""
        for column, title in (("name", self.value_title), *COLUMN_TITLES):
            ascending, descending = column, f"-{column}"
            sort_direction = {descending: "descending", ascending: "ascending"}.get(form.sort_by, "")
            first, second = (ascending, descending) if column == "name" else (descending, ascending)
            link = selection.build_link(self.page, sort=second if form.sort_by == first else first)
            yield title, link, sort_direction


class CountriesView(BreakdownView):
    page, title, filter_name, counter_column, value_title = "countries", "Countries", "country", "country", "Country"
    empty_value = NO_COUNTRY


class SendersView(BreakdownView):
    page, title, filter_name, counter_column, value_title = "senders", "Senders", "sender", "sender_id", "Sender"


def sort_rows(rows: Sequence[BreakdownRow], sort: str) -> list[BreakdownRow]:
    """Sort by the column in `sort`, descending with `-`. Missing values come last, equal ones are sorted by name."""
    key = SORT_KEYS.get(sort) or SORT_KEYS[sort.removeprefix("-")]
    known = sorted((row for row in rows if key(row) is not None), key=lambda row: row.name)
    known.sort(key=key, reverse=sort.startswith("-"))
    return known + sorted((row for row in rows if key(row) is None), key=lambda row: row.name)


def _build_csv_row(row: BreakdownRow) -> tuple[object, ...]:
    totals, latency = row.totals, row.latency
    interval = tuple(f"{bound:.2f}" for bound in (row.lowest_rate, row.highest_rate)) if totals.sent else (None, None)
    figures = (row.name, totals.sent, totals.delivered, totals.rate, *interval, totals.cost, totals.cost_per_sms)
    if latency is None:
        return *figures, None, None, None, None, None
    times = (
        value
        for quantile in (latency.median, latency.p95)
        for value in (round(quantile.duration.total_seconds()), str(quantile.is_lower_bound).lower())
    )
    return *figures, latency.sample_size, *times
