"""HTML and SVG of elements that a page repeats many times: chart marks, table cells and form fields.

With templates they would take longer than the queries of the page. Every text and URL is escaped here; numbers and
CSS classes are our own.
"""

from collections.abc import Iterable
from html import escape

from django.forms import BoundField
from django.utils.safestring import SafeString, mark_safe

from smsreports.reports.charts import Bar, BarChart, Dot, LineChart, Tick


def render_grid(y: Iterable[Tick], x: Iterable[Tick], height: int) -> SafeString:
    """Render the grid lines, and the labels below them."""
    lines = (f'<line class="grid" x1="0" x2="100%" y1="{tick.position}" y2="{tick.position}"/>' for tick in y)
    label_y = height + 18
    labels = (f'<text class="x" x="{tick.position}%" y="{label_y}">{escape(tick.label)}</text>' for tick in x)
    return join_safe([*lines, *labels])


def render_scale(y: Iterable[Tick]) -> SafeString:
    return join_safe(f'<text x="42" y="{tick.position}">{escape(tick.label)}</text>' for tick in y)


def render_bars(chart: BarChart) -> SafeString:
    return join_safe(_render_bar(bar, chart.height) for bar in chart.bars)


def _render_bar(bar: Bar, height: int) -> str:
    """Render a bar: its whole slot links to the days, each segment to its status.

    The links are for pointers only. Keyboards and screen readers have the same links in the table below.
    """
    hit_area = f'<rect class="hit" x="{bar.slot_left}%" y="0" width="{bar.slot_width}%" height="{height}"/>'
    segments = (
        _render_mark_link(
            segment.href,
            segment.title,
            f'<rect class="part" x="{bar.left}%" y="{segment.top}" width="{bar.width}%" height="{segment.height}" '
            f'fill="url(#fill-{segment.kind})"/>',
        )
        for segment in bar.segments
    )
    return f'<g class="bar">{_render_mark_link(bar.href, bar.title, hit_area)}{"".join(segments)}</g>\n'


def render_line_segments(chart: LineChart) -> SafeString:
    return join_safe(
        f'<line class="stroke" x1="{line.x1}%" y1="{line.y1}" x2="{line.x2}%" y2="{line.y2}"/>'
        for line in chart.segments
    )


def render_dots(chart: LineChart) -> SafeString:
    return join_safe(_render_mark_link(dot.href, dot.title, _render_dot(dot)) for dot in chart.dots)


def _render_dot(dot: Dot) -> str:
    """Render a dot, and around it a larger invisible one that is easier to hit."""
    center = f'cx="{dot.left}%" cy="{dot.top}"'
    return f'<circle class="reach" {center} r="9"/><circle class="point" {center} r="3"/>'


def _render_mark_link(href: str, title: str, mark: str) -> str:
    """Render a mark with its title, as a link if it has one."""
    if not href:
        return f"<g><title>{escape(title)}</title>{mark}</g>"
    return f'<a href="{escape(href)}" tabindex="-1"><title>{escape(title)}</title>{mark}</a>'


def render_number_cells(figures: Iterable[tuple[int, str]]) -> SafeString:
    """Render table cells with numbers, each a link if it has one. Zeros have no link."""
    return join_safe(
        f'<td class="n"><a href="{escape(href)}">{number:,}</a></td>'
        if number and href
        else f'<td class="n">{number:,}</td>'
        for number, href in figures
    )


def render_field(bound: BoundField) -> SafeString:
    """Render a form field with its label and errors."""
    errors = "".join(f'<p class="fault" id="{bound.auto_id}_error">{escape(str(error))}</p>' for error in bound.errors)
    error_class = " wrong" if errors else ""
    label = f'<label for="{bound.id_for_label}">{escape(str(bound.label))}</label>'
    return join_safe([f'<div class="field{error_class}">{label}\n{bound}{errors}</div>'])


def render_link(content: str, href: str | None) -> str:
    """Render a link around the content, which is HTML already, or the content alone without `href`."""
    return f'<a href="{escape(href)}">{content}</a>' if href else content


def join_safe(parts: Iterable[str], separator: str = "") -> SafeString:
    """Join HTML whose texts are escaped already."""
    return mark_safe(separator.join(parts))  # noqa: S308  the callers escape every text
