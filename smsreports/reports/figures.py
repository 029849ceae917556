"""Text of numbers, times and sizes. The templates have these functions as filters."""

from datetime import UTC, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal

from smsreports.api.rendering import format_decimal
from smsreports.reports.latency import Quantile
from smsreports.reports.totals import CENT

NO_VALUE = "\u2013"
# Space at which a line does not break, so that a number stays with its unit.
NARROW_SPACE = "\u202f"
DURATION_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def format_number(value: int | None) -> str:
    return NO_VALUE if value is None else f"{value:,}"


def format_percent(value: Decimal | float | None) -> str:
    return NO_VALUE if value is None else f"{value:.2f}{NARROW_SPACE}%"


def format_money(value: Decimal | None) -> str:
    """Format with two decimal places, as in `stats`."""
    return NO_VALUE if value is None else f"{value.quantize(CENT, ROUND_HALF_UP):,}"


def format_exact(value: Decimal | None) -> str:
    """Format with all decimal places."""
    return NO_VALUE if value is None else format_decimal(value)


def format_moment(value: datetime | None, zone: tzinfo = UTC) -> str:
    """Format to the second, as the clocks of the zone show it."""
    return NO_VALUE if value is None else value.astimezone(zone).replace(tzinfo=None).isoformat(" ", "seconds")


def format_minute(value: datetime | None, zone: tzinfo = UTC) -> str:
    """Format to the minute, as the clocks of the zone show it."""
    return NO_VALUE if value is None else value.astimezone(zone).replace(tzinfo=None).isoformat(" ", "minutes")


def format_iso(value: datetime) -> str:
    """Format for the `datetime` attribute."""
    return value.isoformat(timespec="seconds")


def format_duration(value: timedelta | None) -> str:
    """Format in at most two units: `42 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`."""
    if value is None:
        return NO_VALUE
    seconds = round(value.total_seconds())
    first = next((index for index, (_, size) in enumerate(DURATION_UNITS) if seconds >= size), len(DURATION_UNITS) - 1)
    parts: list[str] = []
    for name, size in DURATION_UNITS[first : first + 2]:
        count, seconds = divmod(seconds, size)
        if count or not parts:
            parts.append(f"{count}{NARROW_SPACE}{name}")
    return " ".join(parts)


def format_quantile(value: Quantile) -> str:
    """Format with `≥` if pending SMS may still make it longer."""
    return f"{'≥ ' if value.is_lower_bound else ''}{format_duration(value.duration)}"


def format_size(value: int) -> str:
    """Format bytes in the largest unit that fits."""
    for unit, step in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if value >= step:
            return f"{value / step:.{0 if value >= 10 * step else 1}f}{NARROW_SPACE}{unit}"
    return f"{value}{NARROW_SPACE}bytes"
