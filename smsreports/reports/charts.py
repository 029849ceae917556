"""Charts as data: numbers in, marks out; a template draws them as SVG.

Across, a chart is measured in percent of its width and down in pixels, so that it fills a phone as well as a desk
while its text keeps its size.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

# Pixels that the marks of a chart are high.
HEIGHT = 200
LINE_HEIGHT = 120
# Steps of an axis at most; more would be a ruler.
MOST_TICKS = 4
# Labels along the bottom at most: what fits beside each other on a phone of 360 pixels.
MOST_LABELS = 5
# The share of its place that a bar leaves free.
GAP = 0.18


@dataclass(frozen=True)
class Tick:
    """A line of the grid: where, and what it says. Pixels from the top, or percent from the left."""

    at: float
    label: str


@dataclass(frozen=True)
class Part:
    """One colour of a bar, in pixels from the top."""

    kind: str
    top: float
    height: float
    title: str
    href: str


@dataclass(frozen=True)
class Bar:
    """What is stacked in one place, in percent of the width; `left` to `left + width` is the bar itself, and all
    of its place, `place` wide from `start`, reacts to a pointer."""

    start: float
    place: float
    left: float
    width: float
    title: str
    href: str
    parts: Sequence[Part]


@dataclass(frozen=True)
class Bars:
    height: int
    bars: Sequence[Bar]
    y: Sequence[Tick]
    x: Sequence[Tick]


@dataclass(frozen=True)
class Dot:
    at: float
    top: float
    title: str
    href: str


@dataclass(frozen=True)
class Stroke:
    """From one dot to the next."""

    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True)
class Line:
    height: int
    dots: Sequence[Dot]
    strokes: Sequence[Stroke]
    y: Sequence[Tick]
    x: Sequence[Tick]


@dataclass(frozen=True)
class Column:
    """What a chart is told of one place: numbers by kind, and where each leads."""

    label: str
    title: str
    href: str
    values: Mapping[str, int]
    links: Mapping[str, str]


@dataclass(frozen=True)
class Point:
    """What a line is told of one place; None is a gap."""

    label: str
    title: str
    href: str
    value: float | None


def steps(top: int) -> list[float]:
    """Round whole numbers from 0 to at least `top`, at most MOST_TICKS above 0."""
    if top <= 0:
        return [0, 1]
    step = max(math.ceil(_round_up(top / MOST_TICKS)), 1)
    return [step * number for number in range(math.ceil(top / step) + 1)]


def _round_up(value: float) -> float:
    """The next of …, 0.1, 0.2, 0.25, 0.5, 1, 2, 2.5, 5, 10, …"""
    size: float = 10.0 ** math.floor(math.log10(value))
    return next(size * mantissa for mantissa in (1, 2, 2.5, 5, 10) if size * mantissa >= value)


def shares(lowest: float) -> list[float]:
    """Round percentages from at most `lowest` up to 100; a line needs no zero, and near 100 the small steps count."""
    room = 100 - lowest
    for step in (0.5, 1, 2.5, 5, 10, 25):
        if room <= step * MOST_TICKS:
            return [100 - step * number for number in range(max(math.ceil(room / step - 1e-9), 1), -1, -1)]
    return [0, 25, 50, 75, 100]


def stacked(columns: Sequence[Column], kinds: Sequence[str]) -> Bars:
    """Bars of `kinds`, the first at the bottom."""
    scale = steps(max((sum(column.values.values()) for column in columns), default=0))
    pixels = HEIGHT / scale[-1]
    place = 100 / max(len(columns), 1)
    bars = [
        Bar(
            start=_percent(place * number),
            place=_percent(place),
            left=_percent(place * (number + GAP / 2)),
            width=_percent(place * (1 - GAP)),
            title=column.title,
            href=column.href,
            parts=list(_parts(column, kinds, pixels)),
        )
        for number, column in enumerate(columns)
    ]
    return Bars(HEIGHT, bars, _ticks(scale, HEIGHT), _labels([column.label for column in columns]))


def _parts(column: Column, kinds: Sequence[str], pixels: float) -> list[Part]:
    below, parts = 0, []
    for kind in kinds:
        if value := column.values.get(kind, 0):
            top = HEIGHT - (below + value) * pixels
            title = f"{column.label}: {value:,} {kind}"
            parts.append(Part(kind, _pixels(top), _pixels(value * pixels), title, column.links.get(kind, column.href)))
            below += value
    return parts


def line(points: Sequence[Point]) -> Line:
    """A line of percentages, broken where there is nothing to show."""
    scale = shares(min((point.value for point in points if point.value is not None), default=0))
    pixels = LINE_HEIGHT / (scale[-1] - scale[0])
    place = 100 / max(len(points), 1)
    dots = [
        Dot(_percent(place * (number + 0.5)), _pixels((100 - point.value) * pixels), point.title, point.href)
        if point.value is not None
        else None
        for number, point in enumerate(points)
    ]
    strokes = [
        Stroke(one.at, one.top, other.at, other.top)
        for one, other in pairwise(dots)
        if one is not None and other is not None
    ]
    drawn = [dot for dot in dots if dot is not None]
    y = _ticks(scale, LINE_HEIGHT, unit="\u202f%")
    return Line(LINE_HEIGHT, drawn, strokes, y, _labels([point.label for point in points]))


def _ticks(scale: Sequence[float], height: int, unit: str = "") -> list[Tick]:
    pixels = height / (scale[-1] - scale[0])
    return [Tick(_pixels(height - (value - scale[0]) * pixels), f"{value:,.10g}{unit}") for value in scale]


def _labels(names: Sequence[str]) -> list[Tick]:
    """Every so many-th name, so that none runs into the next."""
    every = max(math.ceil(len(names) / MOST_LABELS), 1)
    return [Tick(_percent(100 * (number + 0.5) / len(names)), names[number]) for number in range(0, len(names), every)]


def _percent(value: float) -> float:
    return round(value, 3)


def _pixels(value: float) -> float:
    return round(value, 2)
