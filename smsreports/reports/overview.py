"""Overview page: totals, charts, top countries and senders, and slowest routes."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from smsreports.counters.queries import Figures, parse_top_n, sum_by, to_figures, top_n
from smsreports.database.compiled import CompiledQuery
from smsreports.database.snapshot import fetch_together
from smsreports.reports import charts
from smsreports.reports.base import FilteredReportView
from smsreports.reports.csv_response import Table
from smsreports.reports.fields import NO_COUNTRY
from smsreports.reports.forms import ReportForm
from smsreports.reports.latency import Latency, build_latency_query, parse_latencies
from smsreports.reports.selection import Selection
from smsreports.reports.time_buckets import TimeBucket, build_buckets
from smsreports.reports.totals import TOTALS_MEASURES, Totals, compute_change_percent, subtract_rates
from smsreports.sms.statuses import StatusGroup

# Countries, senders and routes that are listed. Their own pages have all.
MAX_LISTED = 6
# Sampled rows of each source for the times to delivery, which take a few milliseconds.
SAMPLE_ROWS = 1_000
# Columns of the counters whose largest values are listed, and the columns of a route.
LISTED_COLUMNS, ROUTE_COLUMNS = ("country", "sender_id"), ("sender_id", "country")
# Segments of a bar from the bottom up.
STACKED_GROUPS = tuple(
    group.value
    for group in (
        StatusGroup.DELIVERED,
        StatusGroup.PENDING,
        StatusGroup.UNKNOWN,
        StatusGroup.EXPIRED,
        StatusGroup.UNDELIVERED,
    )
)


@dataclass(frozen=True)
class Change:
    """Change against the period before. `is_improvement` is None if the change is neither good nor bad."""

    amount: Decimal
    unit: str
    is_improvement: bool | None

    @property
    def label(self) -> str:
        sign = "+" if self.amount > 0 else "\u2212" if self.amount < 0 else "±"
        return f"{sign}{abs(self.amount):,}\u202f{self.unit}"


@dataclass(frozen=True)
class RankedRow:
    """Row of a list of the largest. `share` is in percent of the largest one."""

    name: str
    totals: Totals
    share: float
    href: str | None


@dataclass(frozen=True)
class RouteRow:
    sender: str
    country: str
    latency: Latency
    href: str | None


@dataclass(frozen=True)
class PeriodRow:
    """Row of the table below the chart, with the link of each number."""

    bucket: TimeBucket
    totals: Totals
    href: str
    group_counts: Sequence[tuple[int, str]]

    @property
    def linked_counts(self) -> Sequence[tuple[int, str]]:
        """Number and link of all SMS, and of those of each status group."""
        return [(self.totals.sent, self.href), *self.group_counts]


class OverviewView(FilteredReportView[ReportForm]):
    page, title = "overview", "Overview"

    def build_context(self, form: ReportForm, selection: Selection) -> Mapping[str, object]:
        previous = selection.build_previous()
        days_rows, largest_rows, sample, *previous_rows = fetch_together(*_build_queries(selection, previous))
        by_day = {
            day: Totals.from_groups(groups) for (day,), groups in to_figures(days_rows, 1, TOTALS_MEASURES).items()
        }
        totals = Totals.sum_of(by_day.values())
        if totals.sent == 0:
            return {"totals": totals}
        previous_totals = (
            Totals.from_groups(to_figures(previous_rows[0], 0, TOTALS_MEASURES).get((), {})) if previous else None
        )
        top_figures = parse_top_n(largest_rows, TOTALS_MEASURES, *LISTED_COLUMNS)
        step, periods = _build_periods(selection, by_day)
        return {
            "totals": totals,
            "before": previous,
            "before_link": previous.build_link("overview") if previous else None,
            "changes": _compare_totals(totals, previous_totals) if previous_totals else {},
            "links": {
                "sent": selection.build_link("messages"),
                **{kind: selection.build_link("messages", status=kind) for kind in STACKED_GROUPS},
            },
            "step": step,
            "period_rows": periods,
            "kinds": STACKED_GROUPS,
            "bars": _build_volume_chart(periods),
            "line": _build_rate_chart(periods),
            "countries": _rank_by_volume(selection, "country", top_figures["country"]),
            "senders": _rank_by_volume(selection, "sender", top_figures["sender_id"]),
            "routes": _find_slowest_routes(selection, parse_latencies(sample, len(ROUTE_COLUMNS))),
            "sample": SAMPLE_ROWS,
            "countries_link": selection.build_link("countries"),
            "senders_link": selection.build_link("senders"),
        }

    def build_table(self, form: ReportForm, selection: Selection) -> Table:
        """Return a row per day, as `stats/daily`. Days without traffic are left out."""
        rows = (
            (str(day), Totals.from_groups(groups))
            for (day,), groups in sorted(sum_by(selection.counter_scope, "day").items())
        )
        return Table(("day", *CSV_TITLES), [(day, *build_csv_values(totals)) for day, totals in rows])


def _build_queries(selection: Selection, previous: Selection | None) -> Iterator[CompiledQuery]:
    """Yield all queries of the page, for one round trip: sums by day, the largest, a sample, and the sums before."""
    yield selection.counter_scope.compile_sums(TOTALS_MEASURES, "day", "status_group")
    yield top_n(selection.counter_scope, TOTALS_MEASURES, MAX_LISTED, *LISTED_COLUMNS)
    yield build_latency_query(selection, datetime.now(UTC), SAMPLE_ROWS, *ROUTE_COLUMNS)
    if previous:
        yield previous.counter_scope.compile_sums(TOTALS_MEASURES, "status_group")


CSV_TITLES = ("sent", *(group.value for group in StatusGroup), "delivery_rate", "cost")


def build_csv_values(totals: Totals) -> tuple[object, ...]:
    """Return the values in the order of CSV_TITLES."""
    return totals.sent, *totals.sms_by_group.values(), totals.rate, totals.cost


def _compare_totals(now: Totals, previous: Totals) -> dict[str, Change]:
    """Return the changes by name, without those that have nothing to compare with.

    Changes of volume and cost are neither good nor bad.
    """
    changes = {
        "sent": (compute_change_percent(now.sent, previous.sent), "%", False),
        "delivered": (compute_change_percent(now.delivered, previous.delivered), "%", False),
        "rate": (subtract_rates(now.rate, previous.rate), "points", True),
        "cost": (compute_change_percent(now.cost, previous.cost), "%", False),
    }
    return {
        name: Change(amount, unit, amount > 0 if is_judged and amount else None)
        for name, (amount, unit, is_judged) in changes.items()
        if amount is not None
    }


def _build_periods(selection: Selection, by_day: Mapping[date, Totals]) -> tuple[str, list[PeriodRow]]:
    """Return the bucket size and the rows of the chart. An open side of the window ends with the traffic."""
    step, buckets = build_buckets(selection.first_day or min(by_day), selection.last_day or max(by_day))
    build_link = selection.make_day_link_builder("messages")
    return step, [_build_period(build_link, bucket, by_day) for bucket in buckets]


def _build_period(build_link: Callable[..., str], bucket: TimeBucket, by_day: Mapping[date, Totals]) -> PeriodRow:
    if bucket.first == bucket.last:
        totals = by_day.get(bucket.first) or Totals.from_groups({})
    else:
        totals = Totals.sum_of(of_day for day, of_day in by_day.items() if bucket.first <= day <= bucket.last)
    group_counts = [(totals.sms_by_group[kind], build_link(bucket.first, bucket.last, kind)) for kind in STACKED_GROUPS]
    return PeriodRow(bucket, totals, build_link(bucket.first, bucket.last), group_counts)


def _build_volume_chart(periods: Iterable[PeriodRow]) -> charts.BarChart:
    columns = [
        charts.BarData(
            label=row.bucket.label,
            title=f"{row.bucket.range_label}: {row.totals.sent:,} sent",
            href=row.href,
            values={kind: count for kind, (count, _) in zip(STACKED_GROUPS, row.group_counts, strict=True)},
            links={kind: href for kind, (_, href) in zip(STACKED_GROUPS, row.group_counts, strict=True)},
        )
        for row in periods
    ]
    return charts.build_bar_chart(columns, STACKED_GROUPS)


def _build_rate_chart(periods: Iterable[PeriodRow]) -> charts.LineChart:
    return charts.build_line_chart(
        [
            charts.PointData(
                label=row.bucket.label,
                title=f"{row.bucket.range_label}: {row.totals.rate} % of {row.totals.sent:,} delivered",
                href=row.href,
                value=None if row.totals.rate is None else float(row.totals.rate),
            )
            for row in periods
        ]
    )


def _rank_by_volume(selection: Selection, name: str, figures_by_key: Figures) -> list[RankedRow]:
    """Return the values of one dimension, largest first."""
    totals = sorted(
        ((key, Totals.from_groups(groups)) for (key,), groups in figures_by_key.items()), key=lambda item: -item[1].sent
    )
    largest_sent = totals[0][1].sent
    return [
        RankedRow(key, total, round(100 * total.sent / largest_sent, 2), _build_row_link(selection, **{name: key}))
        for key, total in totals
    ]


def _build_row_link(selection: Selection, *, sender: str | None = None, country: str | None = None) -> str | None:
    """Return the link to the SMS of a sender, a country, or both; None for an empty sender, which has no filter."""
    if sender == "":
        return None
    changes = {"sender": sender, "country": NO_COUNTRY if country == "" else country}
    return selection.build_link("messages", **{name: value for name, value in changes.items() if value is not None})


def _find_slowest_routes(selection: Selection, latencies: Mapping[tuple[str, ...], Latency]) -> list[RouteRow]:
    slowest = sorted(latencies.items(), key=lambda item: (-item[1].median.duration, item[0]))[:MAX_LISTED]
    return [
        RouteRow(sender, country, latency, _build_row_link(selection, sender=sender, country=country))
        for (sender, country), latency in slowest
    ]
