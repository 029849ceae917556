"""How figures are written on the pages."""

from datetime import datetime, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal

from django import template

from smsreports.api.rendering import plain
from smsreports.reports import drawn
from smsreports.reports.health import drawn as health
from smsreports.reports.speed import Quantile

register = template.Library()
for drawing in (drawn.bars, drawn.strokes, drawn.dots, drawn.scale, drawn.cells, drawn.field):
    register.filter(drawing.__name__, drawing)
register.simple_tag(drawn.grid)
register.filter("rows", health.rows)

NOTHING = "\u2013"
# Spaces at which a line does not break: a figure stays with its unit.
THIN = "\u202f"
CENT = Decimal("0.01")


@register.filter
def number(value: int | None) -> str:
    return NOTHING if value is None else f"{value:,}"


@register.filter
def money(value: Decimal | None) -> str:
    """Two places, as `stats` has it."""
    return NOTHING if value is None else f"{value.quantize(CENT, ROUND_HALF_UP):,}"


@register.filter
def exact(value: Decimal | None) -> str:
    return NOTHING if value is None else plain(value)


@register.filter
def percent(value: Decimal | float | None) -> str:
    return NOTHING if value is None else f"{value:.2f}{THIN}%"


@register.filter
def moment(value: datetime | None, zone: tzinfo) -> str:
    return NOTHING if value is None else f"{value.astimezone(zone):%Y-%m-%d %H:%M:%S}"


@register.filter
def machine(value: datetime) -> str:
    """As the `datetime` attribute has it."""
    return value.isoformat(timespec="seconds")


@register.filter
def duration(value: timedelta | None) -> str:
    """In two units at most: `42 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`."""
    if value is None:
        return NOTHING
    seconds = round(value.total_seconds())
    units = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
    first = next((number for number, (_, size) in enumerate(units) if seconds >= size), len(units) - 1)
    parts: list[str] = []
    for name, size in units[first : first + 2]:
        count, seconds = divmod(seconds, size)
        if count or not parts:
            parts.append(f"{count}{THIN}{name}")
    return " ".join(parts)


@register.filter
def quantile(value: Quantile) -> str:
    """With `≥` where SMS on their way may still make it longer."""
    return f"{'≥ ' if value.at_least else ''}{duration(value.took)}"


@register.filter
def size(value: int) -> str:
    """Bytes, in the unit that people would say."""
    for unit, step in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if value >= step:
            return f"{value / step:.{0 if value >= 10 * step else 1}f}{THIN}{unit}"
    return f"{value}{THIN}bytes"
