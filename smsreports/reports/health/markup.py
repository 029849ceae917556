"""The rows of the page's tables as markup: hundreds of cells, which the template language would take too long for.

Every text and address is escaped here.
"""

from collections.abc import Iterable
from html import escape

from django.utils.safestring import SafeString, mark_safe

from smsreports.reports.breakdowns import STRIP_WIDTH, RateStrip
from smsreports.reports.health.rows import DayFigures, SliceRow

NO_VALUE = "\u2013"


def render_rows(slice_rows: Iterable[tuple[SliceRow, RateStrip | None]]) -> SafeString:
    return mark_safe("\n".join(_render_row(line, strip) for line, strip in slice_rows))  # noqa: S308  escaped below


def _render_row(row: SliceRow, strip: RateStrip | None) -> str:
    state, kind = escape(row.finding.state), ' class="marked"' if row.finding.is_marked else ""
    mark = f'<strong><span aria-hidden="true">▼</span> {state}</strong>' if row.finding.is_marked else state
    cells = f'<th scope="row">{escape(row.name)}</th><td class="state">{mark}</td>{_render_today(row.today, strip)}'
    past_days = "".join(_render_past_day(day) for day in row.past_days)
    return f"<tr{kind}>{cells}{_render_cell(_format_percent(row.finding.usual_rate))}{past_days}</tr>"


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


def _render_cell(text: str, kind: str = "n") -> str:
    return f'<td class="{kind}">{text}</td>'


def _render_number(number: int, href: str | None) -> str:
    return _render_link(f"{number:,}", href) if number else "0"


def _render_rate(day: DayFigures) -> str:
    return _render_link(_format_percent(day.count.rate), day.href.in_time if day.href and day.count.in_time else None)


def _render_link(text: str, href: str | None) -> str:
    return f'<a href="{escape(href)}">{text}</a>' if href else text


def _format_percent(value: float | None) -> str:
    return NO_VALUE if value is None else f"{value:.2f}\u202f%"


def _render_strip(strip: RateStrip) -> str:
    """The range of the past days, and today as a line."""
    return (
        f'<svg class="span" width="{STRIP_WIDTH}" height="10" aria-hidden="true" focusable="false">'
        f'<rect class="track" y="3" width="{STRIP_WIDTH}" height="4" rx="2"/>'
        f'<rect class="within" x="{strip.left}" y="2" width="{strip.width}" height="6" rx="2"/>'
        f'<rect class="exact" x="{strip.rate}" width="2" height="10"/></svg>'
    )
