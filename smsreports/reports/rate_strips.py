"""Strips that draw a delivery rate within a range, in the rows of a table."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class RateStrip:
    """Range of rates in percent, and the pixels at which the range and the mark are drawn."""

    # Width of every strip, and of the mark at the rate, in pixels.
    WIDTH: ClassVar[int] = 120
    MARK_WIDTH: ClassVar[int] = 2

    low: float
    high: float
    left: float
    width: float
    mark_left: float


def choose_strip_start(rates: Iterable[float]) -> int:
    """Return the percentage at which the strips of a table start: differences near 100 percent are small."""
    lowest = min(rates, default=0)
    return next((start for start in (90, 75, 50) if lowest >= start), 0)


def build_strip(low: float, high: float, rate: float, strip_start: int) -> RateStrip:
    pixels = RateStrip.WIDTH / (100 - strip_start)
    left, right, rate_position = ((value - strip_start) * pixels for value in (low, high, rate))
    mark_left = min(round(rate_position, 1), RateStrip.WIDTH - RateStrip.MARK_WIDTH)
    return RateStrip(low, high, round(left, 1), round(max(right - left, 1), 1), mark_left)
