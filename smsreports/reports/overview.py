"""The overview: how an account's SMS went, at a glance."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from smsreports.counters.queries import Figures, parse_top_n, sum_by, to_figures, top_n
from smsreports.database.compiled import CompiledQuery
from smsreports.database.snapshot import fetch_together
from smsreports.reports import charts
from smsreports.reports.base import ReportView
from smsreports.reports.csv_response import Table
from smsreports.reports.fields import NO_COUNTRY
from smsreports.reports.forms import ReportForm
from smsreports.reports.latency import Latency, build_latency_query, parse_latencies
from smsreports.reports.selection import Selection
from smsreports.reports.time_buckets import TimeBucket, build_buckets
from smsreports.reports.totals import TOTALS_MEASURES, Totals, compute_change_percent, subtract_rates
from smsreports.sms.statuses import StatusGroup

# Countries, senders and routes that are listed; the pages behind have all.
MAX_LISTED = 6
# Rows of each source whose times to delivery are looked at: a few milliseconds of the page.
SAMPLE_ROWS = 1_000
# The counters' columns of which the largest are listed, and those that make a route.
LISTED_COLUMNS, ROUTE_COLUMNS = ("country", "sender_id"), ("sender_id", "country")
# From the bottom of a bar up: what arrived, what is on its way, what did not arrive.
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
    """Against the period before: by how much, in which unit, and whether that is welcome; None where it is neither."""

    amount: Decimal
    unit: str
    is_improvement: bool | None

    @property
    def label(self) -> str:
        sign = "+" if self.amount > 0 else "\u2212" if self.amount < 0 else "±"
        return f"{sign}{abs(self.amount):,}\u202f{self.unit}"


@dataclass(frozen=True)
class RankedRow:
    """A line of a list: its name, what it adds up to, its share of the largest in percent, and where it leads."""

    name: str
    totals: Totals
    share: float
    href: str | None


@dataclass(frozen=True)
class Route:
    sender: str
    country: str
    latency: Latency
    href: str | None


@dataclass(frozen=True)
class PeriodRow:
    """A line below the chart, with the address of each figure."""

    bucket: TimeBucket
    totals: Totals
    href: str
    group_counts: Sequence[tuple[int, str]]

    @property
    def linked_counts(self) -> Sequence[tuple[int, str]]:
        """All that was sent, and the parts of it by status."""
        return [(self.totals.sent, self.href), *self.group_counts]


class OverviewView(ReportView):
    page, title = "overview", "Overview"

    def build_context(self, form: ReportForm, selection: Selection) -> Mapping[str, Any]:
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
            "links": _build_links(selection),
            "step": step,
            "days": periods,
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
        """A line a day, as `stats/daily`; days without traffic are left out."""
        rows = (
            (str(day), Totals.from_groups(groups))
            for (day,), groups in sorted(sum_by(selection.counter_scope, "day").items())
        )
        return Table(("day", *CSV_TITLES), [(day, *build_csv_values(totals)) for day, totals in rows])


def _build_queries(selection: Selection, previous: Selection | None) -> Iterator[CompiledQuery]:
    """All that the page shows, in one round trip: sums by day, those of the largest, a sample, and sums before."""
    yield selection.counter_scope.compile_sums(TOTALS_MEASURES, "day", "status_group")
    yield top_n(selection.counter_scope, TOTALS_MEASURES, MAX_LISTED, *LISTED_COLUMNS)
    yield build_latency_query(selection, datetime.now(UTC), SAMPLE_ROWS, *ROUTE_COLUMNS)
    if previous:
        yield previous.counter_scope.compile_sums(TOTALS_MEASURES, "status_group")


CSV_TITLES = ("sent", *(group.value for group in StatusGroup), "delivery_rate", "cost")


def build_csv_values(totals: Totals) -> tuple[Any, ...]:
    """In the order of CSV_TITLES."""
    return totals.sent, *totals.sms_by_group.values(), totals.rate, totals.cost


def _compare_totals(now: Totals, previous: Totals) -> dict[str, Change]:
    """Nothing is said where there was nothing before. That less was sent or spent is neither good nor bad."""
    changes = {
        "sent": (compute_change_percent(now.sent, previous.sent), "%", False),
        "delivered": (compute_change_percent(now.delivered, previous.delivered), "%", False),
        "rate": (subtract_rates(now.rate, previous.rate), "points", True),
        "cost": (compute_change_percent(now.cost, previous.cost), "%", False),
    }
    return {
        name: Change(by, unit, by > 0 if judged and by else None)
        for name, (by, unit, judged) in changes.items()
        if by is not None
    }


def _build_links(selection: Selection) -> dict[str, str]:
    return {
        "sent": selection.build_link("messages"),
        **{kind: selection.build_link("messages", status=kind) for kind in STACKED_GROUPS},
    }


def _build_periods(selection: Selection, by_day: Mapping[date, Totals]) -> tuple[str, list[PeriodRow]]:
    """The bars of the chart; a side of the window that is open ends with the traffic."""
    step, buckets = build_buckets(selection.first_day or min(by_day), selection.last_day or max(by_day))
    build_link = selection.make_day_link_builder("messages")
    return step, [_build_period(build_link, span, by_day) for span in buckets]


def _build_period(build_link: Callable[..., str], bucket: TimeBucket, by_day: Mapping[date, Totals]) -> PeriodRow:
    if bucket.first == bucket.last:
        totals = by_day.get(bucket.first) or Totals.from_groups({})
    else:
        totals = Totals.sum_of(one for day, one in by_day.items() if bucket.first <= day <= bucket.last)
    group_counts = [(totals.sms_by_group[kind], build_link(bucket.first, bucket.last, kind)) for kind in STACKED_GROUPS]
    return PeriodRow(bucket, totals, build_link(bucket.first, bucket.last), group_counts)


def _build_volume_chart(periods: Iterable[PeriodRow]) -> charts.BarChart:
    columns = [
        charts.BarData(
            label=day.bucket.label,
            title=f"{day.bucket.range_label}: {day.totals.sent:,} sent",
            href=day.href,
            values={kind: number for kind, (number, _) in zip(STACKED_GROUPS, day.group_counts, strict=True)},
            links={kind: href for kind, (_, href) in zip(STACKED_GROUPS, day.group_counts, strict=True)},
        )
        for day in periods
    ]
    return charts.build_bar_chart(columns, STACKED_GROUPS)


def _build_rate_chart(periods: Iterable[PeriodRow]) -> charts.LineChart:
    return charts.build_line_chart(
        [
            charts.PointData(
                label=day.bucket.label,
                title=f"{day.bucket.range_label}: {day.totals.rate} % of {day.totals.sent:,} delivered",
                href=day.href,
                value=None if day.totals.rate is None else float(day.totals.rate),
            )
            for day in periods
        ]
    )


def _rank_by_volume(selection: Selection, name: str, figures_by_key: Figures) -> list[RankedRow]:
    """The largest by one dimension."""
    totals = sorted(
        ((key, Totals.from_groups(groups)) for (key,), groups in figures_by_key.items()), key=lambda one: -one[1].sent
    )
    largest_sent = totals[0][1].sent
    return [
        RankedRow(key, total, round(100 * total.sent / largest_sent, 2), _build_row_link(selection, **{name: key}))
        for key, total in totals
    ]


def _build_row_link(selection: Selection, *, sender: str | None = None, country: str | None = None) -> str | None:
    """To the SMS of a sender, a country, or both; None for those without a sender, of which there should be none."""
    if sender == "":
        return None
    changes = {"sender": sender, "country": NO_COUNTRY if country == "" else country}
    return selection.build_link("messages", **{name: value for name, value in changes.items() if value is not None})


def _find_slowest_routes(selection: Selection, latencies: Mapping[tuple[str, ...], Latency]) -> list[Route]:
    slowest = sorted(latencies.items(), key=lambda one: (-one[1].median.duration, one[0]))[:MAX_LISTED]
    return [
        Route(sender, country, speed, _build_row_link(selection, sender=sender, country=country))
        for (sender, country), speed in slowest
    ]
