"""Health page: today compared with the same hours of the last four weeks."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from smsreports.reports.base import FilteredReportView, PageLink
from smsreports.reports.csv_response import Table
from smsreports.reports.fields import format_utc_minute
from smsreports.reports.health.comparison import MIN_DROP_SHARE, MIN_SMS_PER_DAY, STOPPED_SHARE
from smsreports.reports.health.detector import FALSE_DISCOVERY_RATE, AnomalyDetector, Finding, SliceState
from smsreports.reports.health.forms import SPAN_LABELS, HealthForm
from smsreports.reports.health.hours import MAX_ROWS_READ, WEEKS, ComparedHours
from smsreports.reports.health.rows import DayFigures, SliceRow, build_strips, make_slice_link_builder
from smsreports.reports.health.slices import (
    EVERYTHING,
    MAX_SLICES_PER_KIND,
    SliceKey,
    WeeklyCounts,
    get_kind,
    load_slices,
)
from smsreports.reports.rate_strips import RateStrip
from smsreports.reports.selection import DATE_PARAMS, Selection
from smsreports.sms.abstract import IN_TIME_LIMIT
from smsreports.sms.windows import ONE_DAY, Window

# Rows of each table. The CSV file has all slices.
MAX_LISTED = 20


@dataclass(frozen=True)
class MovedSlice:
    """Slice that changed by itself, how it changed, and the number of SMS lost."""

    row: SliceRow
    state: SliceState
    lost_sms: int


@dataclass(frozen=True)
class SliceTable:
    """Table of the page: marked slices first, then the largest ones. `hidden_rows` is the number of rows left out."""

    title: str
    column_title: str
    rows: Sequence[tuple[SliceRow, RateStrip | None]]
    strip_start: int
    hidden_rows: int


class HealthView(FilteredReportView[HealthForm]):
    page, title = "health", "Health"
    form_class = HealthForm
    own_params = ("span", "at")
    unsupported_params = (*DATE_PARAMS, "status")
    time_params = own_params

    def build_context(self, form: HealthForm, selection: Selection) -> Mapping[str, object]:
        hours, slices = _load_slices(form, selection)
        context = {
            # The hours that were compared, which may be fewer than those requested.
            "selection": replace(selection, filters={**selection.filters, "period": Window(hours.since, hours.until)}),
            "hours": hours,
            "past_days": [(hours.since - 7 * week * ONE_DAY).date() for week in WEEKS[1:]],
            "span": SPAN_LABELS[form.span_name],
            **LIMITS_CONTEXT,
        }
        context |= {
            "moment_link": selection.build_link("health", at=format_utc_minute(form.as_of)),
            "day_link": selection.build_link("health", span="24h"),
        }
        if not slices:
            return {**context, "tables": ()}
        detector = AnomalyDetector(slices)
        findings, build_links = detector.build_findings(), make_slice_link_builder(selection, hours)

        def build_row(key: SliceKey) -> SliceRow:
            days = [DayFigures(count, links) for count, links in zip(slices[key], build_links(key), strict=True)]
            return SliceRow(key, findings[key], days)

        return context | {
            "total": build_row(EVERYTHING),
            "causes": [
                MovedSlice(build_row(cause.key), cause.state, cause.lost_sms) for cause in detector.find_causes()
            ],
            "tables": list(_build_tables(findings, build_row)),
        }

    def build_table(self, form: HealthForm, selection: Selection) -> Table:
        hours, slices = _load_slices(form, selection)
        findings = AnomalyDetector(slices).build_findings() if slices else {}
        rows = [_build_csv_row(key, days, findings[key]) for key, days in slices.items()]
        return Table(("slice", "sender", "country", "verdict", "usual_rate", *_build_day_titles(hours)), rows)

    def build_period_links(self, form: HealthForm, selection: Selection) -> list[PageLink]:
        return [
            PageLink(name, selection.build_link(self.page, span=span), span == form.span_name)
            for span, name in SPAN_LABELS.items()
        ]


LIMITS_CONTEXT: Mapping[str, object] = {
    "in_time_minutes": IN_TIME_LIMIT.seconds // 60,
    "max_rows_read": MAX_ROWS_READ,
    "max_slices": MAX_SLICES_PER_KIND,
    "min_sms": MIN_SMS_PER_DAY,
    "min_drop_points": round(100 * MIN_DROP_SHARE),
    "stopped_percent": round(100 * STOPPED_SHARE),
    "false_discovery_percent": round(100 * FALSE_DISCOVERY_RATE),
}


def _load_slices(form: HealthForm, selection: Selection) -> tuple[ComparedHours, Mapping[SliceKey, WeeklyCounts]]:
    if form.hours.is_empty:
        return form.hours, {}
    queries = selection.listing.source_queries
    hours = form.hours.truncate_to_limit(queries)
    return hours, {} if hours.is_empty else load_slices(queries, hours)


def _build_tables(
    findings: Mapping[SliceKey, Finding], build_row: Callable[[SliceKey], SliceRow]
) -> Iterator[SliceTable]:
    kinds = (("Countries", "Country", "country"), ("Senders", "Sender", "sender"), ("Routes", "Route", "route"))
    for title, column_title, kind in kinds:
        keys = [key for key in findings if get_kind(key) == kind]
        listed = sorted(keys, key=lambda key: not findings[key].is_marked)[:MAX_LISTED]
        strip_start, rows = build_strips([build_row(key) for key in listed])
        yield SliceTable(title, column_title, rows, strip_start, len(keys) - len(listed))


def _build_day_titles(hours: ComparedHours) -> Iterator[str]:
    for week in WEEKS:
        start = hours.shift_weeks(week).start
        assert isinstance(start, datetime)
        yield from (f"{measure}_{start.date()}" for measure in ("sent", "in_time"))


def _build_csv_row(key: SliceKey, days: WeeklyCounts, finding: Finding) -> tuple[object, ...]:
    usual_rate = None if finding.usual_rate is None else f"{finding.usual_rate:.2f}"
    counts = (count for day in days for count in (day.sent, day.in_time))
    return get_kind(key), *key, finding.state.value, usual_rate, *counts
