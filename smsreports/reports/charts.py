"""Charts as data: numbers in, positions and sizes of marks out. Templates draw them as SVG.

Horizontal measures are percent of the width and vertical ones pixels, so that a chart fits a phone as well as a desktop
while its text keeps its size.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

# Height of the plot areas in pixels.
BAR_CHART_HEIGHT = 200
LINE_CHART_HEIGHT = 120
# Maximum number of steps of an axis.
MAX_TICKS = 4
# Maximum number of labels on the horizontal axis, which fit on a phone of 360 pixels.
MAX_LABELS = 5
# Share of its slot that a bar leaves free.
BAR_GAP_SHARE = 0.18


class Tick(NamedTuple):
    """Grid line or label. The position is in pixels from the top, or in percent from the left."""

    position: float
    label: str


class BarSegment(NamedTuple):
    """Segment of a bar, in pixels from the top."""

    kind: str
    top: float
    height: float
    title: str
    href: str


class Bar(NamedTuple):
    """Stacked bar, in percent of the width. `left` and `width` are those of the bar itself; the slot around it reacts
    to a pointer."""

    slot_left: float
    slot_width: float
    left: float
    width: float
    title: str
    href: str
    segments: Sequence[BarSegment]


@dataclass(frozen=True)
class BarChart:
    height: int
    bars: Sequence[Bar]
    y_ticks: Sequence[Tick]
    x_ticks: Sequence[Tick]


class Dot(NamedTuple):
    left: float
    top: float
    title: str
    href: str


class LineSegment(NamedTuple):
    """Line from one dot to the next."""

    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True)
class LineChart:
    height: int
    dots: Sequence[Dot]
    segments: Sequence[LineSegment]
    y_ticks: Sequence[Tick]
    x_ticks: Sequence[Tick]


class BarData(NamedTuple):
    """Input of one bar: numbers and links by kind."""

    label: str
    title: str
    href: str
    values: Mapping[str, int]
    links: Mapping[str, str]


class PointData(NamedTuple):
    """Input of one point of a line. A value of None is a gap."""

    label: str
    title: str
    href: str
    value: float | None


def build_count_scale(top: int) -> list[float]:
    """Return round whole numbers from 0 to at least `top`, with at most MAX_TICKS steps."""
    if top <= 0:
        return [0, 1]
    step = max(math.ceil(_round_up_step(top / MAX_TICKS)), 1)
    return [step * number for number in range(math.ceil(top / step) + 1)]


def _round_up_step(value: float) -> float:
    """Return the next of …, 0.1, 0.2, 0.25, 0.5, 1, 2, 2.5, 5, 10, …"""
    size: float = 10.0 ** math.floor(math.log10(value))
    return next(size * mantissa for mantissa in (1, 2, 2.5, 5, 10) if size * mantissa >= value)


def build_percent_scale(lowest: float) -> list[float]:
    """Return round percentages from at most `lowest` to 100. They need not start at 0: near 100 small steps matter."""
    room = 100 - lowest
    for step in (0.5, 1, 2.5, 5, 10, 25):
        if room <= step * MAX_TICKS:
            return [100 - step * number for number in range(max(math.ceil(room / step - 1e-9), 1), -1, -1)]
    return [0, 25, 50, 75, 100]


def build_bar_chart(columns: Sequence[BarData], kinds: Sequence[str]) -> BarChart:
    """Build stacked bars of `kinds`, the first one at the bottom."""
    scale = build_count_scale(max((sum(column.values.values()) for column in columns), default=0))
    pixels_per_unit = BAR_CHART_HEIGHT / scale[-1]
    slot_width = 100 / max(len(columns), 1)
    bars = [
        Bar(
            slot_left=_round_percent(slot_width * number),
            slot_width=_round_percent(slot_width),
            left=_round_percent(slot_width * (number + BAR_GAP_SHARE / 2)),
            width=_round_percent(slot_width * (1 - BAR_GAP_SHARE)),
            title=column.title,
            href=column.href,
            segments=list(_stack_segments(column, kinds, pixels_per_unit)),
        )
        for number, column in enumerate(columns)
    ]
    return BarChart(
        BAR_CHART_HEIGHT,
        bars,
        _build_ticks(scale, BAR_CHART_HEIGHT),
        _build_labels([column.label for column in columns]),
    )


def _stack_segments(column: BarData, kinds: Sequence[str], pixels_per_unit: float) -> list[BarSegment]:
    total, segments = 0, []
    for kind in kinds:
        if value := column.values.get(kind, 0):
            top = BAR_CHART_HEIGHT - (total + value) * pixels_per_unit
            title = f"{column.label}: {value:,} {kind}"
            segments.append(
                BarSegment(
                    kind,
                    _round_pixels(top),
                    _round_pixels(value * pixels_per_unit),
                    title,
                    column.links.get(kind, column.href),
                )
            )
            total += value
    return segments


def build_line_chart(points: Sequence[PointData]) -> LineChart:
    """Build a line of percentages, with gaps for missing values."""
    scale = build_percent_scale(min((point.value for point in points if point.value is not None), default=0))
    pixels_per_percent = LINE_CHART_HEIGHT / (scale[-1] - scale[0])
    slot_width = 100 / max(len(points), 1)
    dots = [
        Dot(
            _round_percent(slot_width * (number + 0.5)),
            _round_pixels((100 - point.value) * pixels_per_percent),
            point.title,
            point.href,
        )
        if point.value is not None
        else None
        for number, point in enumerate(points)
    ]
    segments = [
        LineSegment(start.left, start.top, end.left, end.top)
        for start, end in pairwise(dots)
        if start is not None and end is not None
    ]
    known_dots = [dot for dot in dots if dot is not None]
    y = _build_ticks(scale, LINE_CHART_HEIGHT, unit="\u202f%")
    return LineChart(LINE_CHART_HEIGHT, known_dots, segments, y, _build_labels([point.label for point in points]))


def _build_ticks(scale: Sequence[float], height: int, unit: str = "") -> list[Tick]:
    pixels_per_unit = height / (scale[-1] - scale[0])
    return [
        Tick(_round_pixels(height - (value - scale[0]) * pixels_per_unit), f"{value:,.10g}{unit}") for value in scale
    ]


def _build_labels(names: Sequence[str]) -> list[Tick]:
    """Return every n-th name, so that the labels do not overlap."""
    step = max(math.ceil(len(names) / MAX_LABELS), 1)
    return [
        Tick(_round_percent(100 * (number + 0.5) / len(names)), names[number]) for number in range(0, len(names), step)
    ]


def _round_percent(value: float) -> float:
    return round(value, 3)


def _round_pixels(value: float) -> float:
    return round(value, 2)
