"""The lines of the overview's tables, which a template would take longer for than the database for their numbers."""

from collections.abc import Iterable
from html import escape

from django import template
from django.utils.safestring import SafeString, mark_safe

from smsreports.reports.drawn import cells
from smsreports.reports.figures import Totals
from smsreports.reports.overview import Day, Route, Row
from smsreports.reports.templatetags.figures import money, number, percent, quantile

register = template.Library()
NONE = '<span class="none">none</span>'


@register.filter
def days(every: Iterable[Day]) -> SafeString:
    """Below the chart: a line for each bar."""
    return _safe(
        f'<tr><th scope="row">{day.span.said}</th>{cells(day.figures)}'
        f"{_cells(percent(day.totals.rate), money(day.totals.cost))}</tr>\n"
        for day in every
    )


@register.filter
def largest(rows: Iterable[Row]) -> SafeString:
    """Each with its share of the largest as a strip; a name that no filter means is no link."""
    return _safe(
        f'<tr><th scope="row">{_link(row.href, row.name or "none") if row.href else NONE}'
        f'<svg class="share" width="100%" height="4" aria-hidden="true" focusable="false">'
        f'<rect width="{row.share}%" height="4" rx="1"/></svg></th>{_totals(row.totals)}</tr>\n'
        for row in rows
    )


@register.filter
def routes(every: Iterable[Route]) -> SafeString:
    return _safe(
        f'<tr><th scope="row">{_link(route.href, route.sender)}</th><td>{route.country or "none"}</td>'
        f"{_cells(number(route.speed.sampled), quantile(route.speed.median), quantile(route.speed.p95))}</tr>\n"
        for route in every
    )


def _totals(totals: Totals) -> str:
    return _cells(number(totals.sent), percent(totals.rate), money(totals.cost))


def _link(href: str | None, name: str) -> str:
    return f'<a href="{escape(href)}">{escape(name)}</a>' if href else escape(name)


def _cells(*figures: str) -> str:
    """Numbers as they are written: nothing in them is to be escaped."""
    return "".join(f'<td class="n">{figure}</td>' for figure in figures)


def _safe(lines: Iterable[str]) -> SafeString:
    return mark_safe("".join(lines))  # noqa: S308  every text in it was escaped above
