"""The lines of the overview's tables, which a template would take longer for than the database for their numbers."""

from collections.abc import Iterable
from html import escape

from django import template
from django.utils.safestring import SafeString, mark_safe

from smsreports.reports.markup import render_number_cells
from smsreports.reports.overview import PeriodRow, RankedRow, Route
from smsreports.reports.templatetags.figures import money, number, percent, quantile
from smsreports.reports.totals import Totals

register = template.Library()
NONE_MARKUP = '<span class="none">none</span>'


@register.filter
def days(periods: Iterable[PeriodRow]) -> SafeString:
    """Below the chart: a line for each bar."""
    return _join_safe(
        f'<tr><th scope="row">{day.bucket.range_label}</th>{render_number_cells(day.linked_counts)}'
        f"{_render_cells(percent(day.totals.rate), money(day.totals.cost))}</tr>\n"
        for day in periods
    )


@register.filter
def largest(rows: Iterable[RankedRow]) -> SafeString:
    """Each with its share of the largest as a strip; a name that no filter means is no link."""
    return _join_safe(
        f'<tr><th scope="row">{_render_link(row.href, row.name or "none") if row.href else NONE_MARKUP}'
        f'<svg class="share" width="100%" height="4" aria-hidden="true" focusable="false">'
        f'<rect width="{row.share}%" height="4" rx="1"/></svg></th>{_render_totals(row.totals)}</tr>\n'
        for row in rows
    )


@register.filter
def routes(rows: Iterable[Route]) -> SafeString:
    return _join_safe(
        f'<tr><th scope="row">{_render_link(route.href, route.sender)}</th><td>{route.country or "none"}</td>'
        f"{_render_cells(number(latency.sample_size), quantile(latency.median), quantile(latency.p95))}</tr>\n"
        for route in rows
        for latency in (route.latency,)
    )


def _render_totals(totals: Totals) -> str:
    return _render_cells(number(totals.sent), percent(totals.rate), money(totals.cost))


def _render_link(href: str | None, name: str) -> str:
    return f'<a href="{escape(href)}">{escape(name)}</a>' if href else escape(name)


def _render_cells(*figures: str) -> str:
    """Numbers as they are written: nothing in them is to be escaped."""
    return "".join(f'<td class="n">{figure}</td>' for figure in figures)


def _join_safe(lines: Iterable[str]) -> SafeString:
    return mark_safe("".join(lines))  # noqa: S308  every text in it was escaped above
