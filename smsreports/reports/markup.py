"""Markup that a page repeats many times: marks of a chart, figures in a table, fields of a form.

The template language would take longer for them than the database for their numbers. Every text and address is
escaped here; numbers and kinds are our own.
"""

from collections.abc import Iterable
from html import escape

from django.forms import BoundField
from django.utils.safestring import SafeString, mark_safe

from smsreports.reports.charts import Bar, BarChart, Dot, LineChart, Tick


def render_grid(y: Iterable[Tick], x: Iterable[Tick], height: int) -> SafeString:
    """The lines of the grid, and the labels below."""
    lines = (f'<line class="grid" x1="0" x2="100%" y1="{tick.position}" y2="{tick.position}"/>' for tick in y)
    below = height + 18
    labels = (f'<text class="x" x="{tick.position}%" y="{below}">{escape(tick.label)}</text>' for tick in x)
    return _join_safe([*lines, *labels])


def render_scale(y: Iterable[Tick]) -> SafeString:
    return _join_safe(f'<text x="42" y="{tick.position}">{escape(tick.label)}</text>' for tick in y)


def render_bars(chart: BarChart) -> SafeString:
    return _join_safe(_render_bar(bar, chart.height) for bar in chart.bars)


def _render_bar(bar: Bar, height: int) -> str:
    """All of its place leads to the day, and each part to its status. Pointers alone come here: who reads by key or
    by ear has the same links in the table below."""
    hit_area = f'<rect class="hit" x="{bar.slot_left}%" y="0" width="{bar.slot_width}%" height="{height}"/>'
    parts = (
        _render_link(
            part.href,
            part.title,
            f'<rect class="part" x="{bar.left}%" y="{part.top}" width="{bar.width}%" height="{part.height}" '
            f'fill="url(#fill-{part.kind})"/>',
        )
        for part in bar.segments
    )
    return f'<g class="bar">{_render_link(bar.href, bar.title, hit_area)}{"".join(parts)}</g>\n'


def render_line_segments(chart: LineChart) -> SafeString:
    return _join_safe(
        f'<line class="stroke" x1="{one.x1}%" y1="{one.y1}" x2="{one.x2}%" y2="{one.y2}"/>' for one in chart.segments
    )


def render_dots(chart: LineChart) -> SafeString:
    return _join_safe(_render_link(dot.href, dot.title, _render_dot(dot)) for dot in chart.dots)


def _render_dot(dot: Dot) -> str:
    """With a wider one that is not seen, for fingers and unsteady hands."""
    center = f'cx="{dot.left}%" cy="{dot.top}"'
    return f'<circle class="reach" {center} r="9"/><circle class="point" {center} r="3"/>'


def _render_link(href: str, title: str, mark: str) -> str:
    """A mark that leads somewhere, or nowhere; either way it says what it is."""
    if not href:
        return f"<g><title>{escape(title)}</title>{mark}</g>"
    return f'<a href="{escape(href)}" tabindex="-1"><title>{escape(title)}</title>{mark}</a>'


def render_number_cells(figures: Iterable[tuple[int, str]]) -> SafeString:
    """Numbers in a table's row, each a link to what it counts, if it has one; nothing is no link."""
    return _join_safe(
        f'<td class="n"><a href="{escape(href)}">{number:,}</a></td>'
        if number and href
        else f'<td class="n">{number:,}</td>'
        for number, href in figures
    )


def render_field(bound: BoundField) -> SafeString:
    """A field of a form with its label and what is wrong with it."""
    errors = "".join(
        f'<p class="fault" id="{bound.auto_id}_error">{escape(str(reason))}</p>' for reason in bound.errors
    )
    error_class, label = (
        " wrong" if errors else "",
        f'<label for="{bound.id_for_label}">{escape(str(bound.label))}</label>',
    )
    return _join_safe([f'<div class="field{error_class}">{label}\n{bound}{errors}</div>'])


def _join_safe(parts: Iterable[str]) -> SafeString:
    return mark_safe("".join(parts))  # noqa: S308  every text in it was escaped above
