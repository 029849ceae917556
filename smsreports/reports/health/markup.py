"""Rows of the page's tables as HTML: hundreds of cells, for which templates would be too slow.

Every text and URL is escaped here.
"""

from collections.abc import Iterable
from html import escape

from django.utils.safestring import SafeString

from smsreports.reports.figures import format_percent
from smsreports.reports.health.rows import DayFigures, SliceRow
from smsreports.reports.markup import join_safe, render_link
from smsreports.reports.rate_strips import STRIP_WIDTH, RateStrip

# Width of the mark that shows today's rate in a strip, in pixels.
MARK_WIDTH = 2


def render_rows(slice_rows: Iterable[tuple[SliceRow, RateStrip | None]]) -> SafeString:
    return join_safe((_render_row(row, strip) for row, strip in slice_rows), "\n")


def _render_row(row: SliceRow, strip: RateStrip | None) -> str:
    state, row_class = escape(row.finding.state), ' class="marked"' if row.finding.is_marked else ""
    mark = f'<strong><span aria-hidden="true">▼</span> {state}</strong>' if row.finding.is_marked else state
    cells = f'<th scope="row">{escape(row.name)}</th><td class="state">{mark}</td>{_render_today(row.today, strip)}'
    past_days = "".join(_render_past_day(day) for day in row.past_days)
    return f"<tr{row_class}>{cells}{_render_cell(format_percent(row.finding.usual_rate))}{past_days}</tr>"


def _render_today(day: DayFigures, strip: RateStrip | None) -> str:
    sent, missed = (day.href.sent, day.href.missed) if day.href else (None, None)
    rate = _render_rate(day) + (_render_strip(strip) if strip else "")
    return (
        _render_cell(_render_number(day.count.sent, sent))
        + _render_cell(rate, "n rate")
        + _render_cell(_render_number(day.count.missed, missed))
    )


def _render_past_day(day: DayFigures) -> str:
    sent = _render_number(day.count.sent, day.href.sent if day.href else None)
    return _render_cell(f"{_render_rate(day)}<small>of {sent}</small>", "n rate")


def _render_cell(content: str, cell_class: str = "n") -> str:
    return f'<td class="{cell_class}">{content}</td>'


def _render_number(number: int, href: str | None) -> str:
    return render_link(f"{number:,}", href) if number else "0"


def _render_rate(day: DayFigures) -> str:
    return render_link(format_percent(day.count.rate), day.href.in_time if day.href and day.count.in_time else None)


def _render_strip(strip: RateStrip) -> str:
    """Render the range of the past days, and today's rate as a mark."""
    return (
        f'<svg class="span" width="{STRIP_WIDTH}" height="10" aria-hidden="true" focusable="false">'
        f'<rect class="track" y="3" width="{STRIP_WIDTH}" height="4" rx="2"/>'
        f'<rect class="within" x="{strip.left}" y="2" width="{strip.width}" height="6" rx="2"/>'
        f'<rect class="exact" x="{min(strip.rate, STRIP_WIDTH - MARK_WIDTH)}" width="{MARK_WIDTH}" height="10"/></svg>'
    )
