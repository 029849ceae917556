"""Template filters that format numbers, times and sizes."""

from datetime import datetime, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal

from django import template

from smsreports.api.rendering import format_decimal
from smsreports.reports import markup
from smsreports.reports.health import markup as health
from smsreports.reports.latency import Quantile
from smsreports.reports.markup import NARROW_SPACE, NO_VALUE
from smsreports.reports.totals import CENT

register = template.Library()
register.filter("bars", markup.render_bars)
register.filter("strokes", markup.render_line_segments)
register.filter("dots", markup.render_dots)
register.filter("scale", markup.render_scale)
register.filter("cells", markup.render_number_cells)
register.filter("field", markup.render_field)
register.filter("percent", markup.format_percent)
register.simple_tag(markup.render_grid, name="grid")
register.filter("rows", health.render_rows)


@register.filter
def number(value: int | None) -> str:
    return NO_VALUE if value is None else f"{value:,}"


@register.filter
def money(value: Decimal | None) -> str:
    """Format with two decimal places, as in `stats`."""
    return NO_VALUE if value is None else f"{value.quantize(CENT, ROUND_HALF_UP):,}"


@register.filter
def exact(value: Decimal | None) -> str:
    return NO_VALUE if value is None else format_decimal(value)


@register.filter
def moment(value: datetime | None, zone: tzinfo) -> str:
    return NO_VALUE if value is None else f"{value.astimezone(zone):%Y-%m-%d %H:%M:%S}"


@register.filter
def machine(value: datetime) -> str:
    """Format for the `datetime` attribute."""
    return value.isoformat(timespec="seconds")


@register.filter
def duration(value: timedelta | None) -> str:
    """Format in at most two units: `42 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`."""
    if value is None:
        return NO_VALUE
    seconds = round(value.total_seconds())
    units = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
    first = next((index for index, (_, size) in enumerate(units) if seconds >= size), len(units) - 1)
    parts: list[str] = []
    for name, size in units[first : first + 2]:
        count, seconds = divmod(seconds, size)
        if count or not parts:
            parts.append(f"{count}{NARROW_SPACE}{name}")
    return " ".join(parts)


@register.filter
def quantile(value: Quantile) -> str:
    """Format with `≥` if pending SMS may still make it longer."""
    return f"{'≥ ' if value.is_lower_bound else ''}{duration(value.duration)}"


@register.filter
def size(value: int) -> str:
    """Format bytes in the largest unit that fits."""
    for unit, step in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if value >= step:
            return f"{value / step:.{0 if value >= 10 * step else 1}f}{NARROW_SPACE}{unit}"
    return f"{value}{NARROW_SPACE}bytes"
