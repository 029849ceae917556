"""How figures are written on the pages."""

from datetime import datetime, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal

from django import template

from smsreports.api.rendering import format_decimal
from smsreports.reports import markup
from smsreports.reports.health import markup as health
from smsreports.reports.latency import Quantile

register = template.Library()
register.filter("bars", markup.render_bars)
register.filter("strokes", markup.render_line_segments)
register.filter("dots", markup.render_dots)
register.filter("scale", markup.render_scale)
register.filter("cells", markup.render_number_cells)
register.filter("field", markup.render_field)
register.simple_tag(markup.render_grid, name="grid")
register.filter("rows", health.render_rows)

NO_VALUE = "\u2013"
# Spaces at which a line does not break: a figure stays with its unit.
NARROW_SPACE = "\u202f"
CENT = Decimal("0.01")


@register.filter
def number(value: int | None) -> str:
    return NO_VALUE if value is None else f"{value:,}"


@register.filter
def money(value: Decimal | None) -> str:
    """Two places, as `stats` has it."""
    return NO_VALUE if value is None else f"{value.quantize(CENT, ROUND_HALF_UP):,}"


@register.filter
def exact(value: Decimal | None) -> str:
    return NO_VALUE if value is None else format_decimal(value)


@register.filter
def percent(value: Decimal | float | None) -> str:
    return NO_VALUE if value is None else f"{value:.2f}{NARROW_SPACE}%"


@register.filter
def moment(value: datetime | None, zone: tzinfo) -> str:
    return NO_VALUE if value is None else f"{value.astimezone(zone):%Y-%m-%d %H:%M:%S}"


@register.filter
def machine(value: datetime) -> str:
    """As the `datetime` attribute has it."""
    return value.isoformat(timespec="seconds")


@register.filter
def duration(value: timedelta | None) -> str:
    """In two units at most: `42 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`."""
    if value is None:
        return NO_VALUE
    seconds = round(value.total_seconds())
    units = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
    first = next((number for number, (_, size) in enumerate(units) if seconds >= size), len(units) - 1)
    parts: list[str] = []
    for name, size in units[first : first + 2]:
        count, seconds = divmod(seconds, size)
        if count or not parts:
            parts.append(f"{count}{NARROW_SPACE}{name}")
    return " ".join(parts)


@register.filter
def quantile(value: Quantile) -> str:
    """With `≥` where SMS on their way may still make it longer."""
    return f"{'≥ ' if value.is_lower_bound else ''}{duration(value.duration)}"


@register.filter
def size(value: int) -> str:
    """Bytes, in the unit that people would say."""
    for unit, step in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if value >= step:
            return f"{value / step:.{0 if value >= 10 * step else 1}f}{NARROW_SPACE}{unit}"
    return f"{value}{NARROW_SPACE}bytes"
