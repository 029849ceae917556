"""The rows of the page's tables as markup: hundreds of cells, which the template language would take too long for.

Every text and address is escaped here.
"""

from collections.abc import Iterable
from html import escape

from django.utils.safestring import SafeString, mark_safe

from smsreports.reports.dimensions import STRIP, Interval
from smsreports.reports.health.lines import Figures, Line

NOTHING = "\u2013"


def rows(lines: Iterable[tuple[Line, Interval | None]]) -> SafeString:
    return mark_safe("\n".join(_row(line, strip) for line, strip in lines))  # noqa: S308  escaped below


def _row(line: Line, strip: Interval | None) -> str:
    state, kind = escape(line.verdict.state), ' class="marked"' if line.verdict.marked else ""
    mark = f'<strong><span aria-hidden="true">▼</span> {state}</strong>' if line.verdict.marked else state
    cells = f'<th scope="row">{escape(line.name)}</th><td class="state">{mark}</td>{_today(line.today, strip)}'
    return f"<tr{kind}>{cells}{_cell(_percent(line.verdict.usual))}{''.join(_past(day) for day in line.pasts)}</tr>"


def _today(day: Figures, strip: Interval | None) -> str:
    sent, missed = (day.href.sent, day.href.missed) if day.href else (None, None)
    rate = _rate(day) + (_drawn(strip) if strip else "")
    return _cell(_number(day.count.sent, sent)) + _cell(rate, "n rate") + _cell(_number(day.count.missed, missed))


def _past(day: Figures) -> str:
    sent = _number(day.count.sent, day.href.sent if day.href else None)
    return _cell(f"{_rate(day)}<small>of {sent}</small>", "n rate")


def _cell(text: str, kind: str = "n") -> str:
    return f'<td class="{kind}">{text}</td>'


def _number(number: int, href: str | None) -> str:
    return _linked(f"{number:,}", href) if number else "0"


def _rate(day: Figures) -> str:
    return _linked(_percent(day.count.rate), day.href.in_time if day.href and day.count.in_time else None)


def _linked(text: str, href: str | None) -> str:
    return f'<a href="{escape(href)}">{text}</a>' if href else text


def _percent(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.2f}\u202f%"


def _drawn(strip: Interval) -> str:
    """The range of the past days, and today as a line."""
    return (
        f'<svg class="span" width="{STRIP}" height="10" aria-hidden="true" focusable="false">'
        f'<rect class="track" y="3" width="{STRIP}" height="4" rx="2"/>'
        f'<rect class="within" x="{strip.left}" y="2" width="{strip.width}" height="6" rx="2"/>'
        f'<rect class="exact" x="{strip.rate}" width="2" height="10"/></svg>'
    )
