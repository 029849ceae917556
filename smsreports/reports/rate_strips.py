"""Strips that draw a delivery rate within a range, in the rows of a table."""

from collections.abc import Iterable
from dataclasses import dataclass

# Width of a strip in pixels.
STRIP_WIDTH = 120


@dataclass(frozen=True)
class RateStrip:
    """Range of rates in percent, and the pixels at which the range and the rate are drawn."""

    low: float
    high: float
    left: float
    width: float
    rate: float


def choose_strip_start(rates: Iterable[float]) -> int:
    """Return the percentage at which the strips of a table start: differences near 100 percent are small."""
    lowest = min(rates, default=0)
    return next((start for start in (90, 75, 50) if lowest >= start), 0)


def build_strip(low: float, high: float, rate: float, strip_start: int) -> RateStrip:
    pixels = STRIP_WIDTH / (100 - strip_start)
    left, right, rate_position = ((value - strip_start) * pixels for value in (low, high, rate))
    return RateStrip(low, high, round(left, 1), round(max(right - left, 1), 1), round(rate_position, 1))
