"""Table rows of the overview. With templates they would take longer than the queries of the page."""

from collections.abc import Iterable
from html import escape

from django import template
from django.utils.safestring import SafeString

from smsreports.reports.figures import format_money as money
from smsreports.reports.figures import format_number as number
from smsreports.reports.figures import format_percent
from smsreports.reports.figures import format_quantile as quantile
from smsreports.reports.markup import join_safe, render_link, render_number_cells
from smsreports.reports.overview import PeriodRow, RankedRow, RouteRow
from smsreports.reports.totals import Totals

register = template.Library()
NONE_MARKUP = '<span class="none">none</span>'


@register.filter
def days(periods: Iterable[PeriodRow]) -> SafeString:
    """Render the table below the chart: a row for each bar."""
    return join_safe(
        f'<tr><th scope="row">{row.bucket.range_label}</th>{render_number_cells(row.linked_counts)}'
        f"{_render_cells(format_percent(row.totals.rate), money(row.totals.cost))}</tr>\n"
        for row in periods
    )


@register.filter
def largest(rows: Iterable[RankedRow]) -> SafeString:
    """Render rows with their share of the largest as a strip. A name that no filter selects has no link."""
    return join_safe(
        f'<tr><th scope="row">{render_link(escape(row.name or "none"), row.href) if row.href else NONE_MARKUP}'
        f'<svg class="share" width="100%" height="4" aria-hidden="true" focusable="false">'
        f'<rect width="{row.share}%" height="4" rx="1"/></svg></th>{_render_totals(row.totals)}</tr>\n'
        for row in rows
    )


@register.filter
def routes(rows: Iterable[RouteRow]) -> SafeString:
    return join_safe(
        f'<tr><th scope="row">{render_link(escape(route.sender), route.href)}</th><td>{route.country or "none"}</td>'
        f"{_render_cells(number(latency.sample_size), quantile(latency.median), quantile(latency.p95))}</tr>\n"
        for route in rows
        for latency in (route.latency,)
    )


def _render_totals(totals: Totals) -> str:
    return _render_cells(number(totals.sent), format_percent(totals.rate), money(totals.cost))


def _render_cells(*figures: str) -> str:
    """Render cells of formatted numbers, which need no escaping."""
    return "".join(f'<td class="n">{figure}</td>' for figure in figures)
