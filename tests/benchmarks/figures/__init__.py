"""Figures: one small function each, registered by name; to add one is to write one."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.benchmarks.bench import Bench
from tests.benchmarks.timing import Series


@dataclass(frozen=True)
class Measured:
    """What a figure came to, of which series, and what a reader must know to read it."""

    value: float
    series: Sequence[Series] = ()
    note: str = ""


@dataclass(frozen=True)
class Figure:
    """`most` or `least` is what `value` may be; None where nothing is promised."""

    name: str
    title: str
    most: float | None
    least: float | None
    unit: str
    measure: Callable[[Bench], Measured]

    @property
    def target(self) -> str:
        if self.most is not None:
            return f"≤ {self.most:g} {self.unit}"
        return "" if self.least is None else f"≥ {self.least:g} {self.unit}"

    def met(self, value: float) -> bool:
        return value <= (math.inf if self.most is None else self.most) and value >= (self.least or 0)


FIGURES: dict[str, Figure] = {}
Measure = Callable[[Bench], Measured]


def figure(
    name: str, title: str, *, most: float | None = None, least: float | None = None, unit: str = "×"
) -> Callable[[Measure], Measure]:
    """Registers a function as the figure `name`."""

    def register(measure: Measure) -> Measure:
        FIGURES[name] = Figure(name, title, most, least, unit, measure)
        return measure

    return register


def ratio(turns: Sequence[Series], note: str = "") -> Measured:
    """Of two series the ratio of their medians, the first to the second."""
    of, to = turns
    return Measured(of.median / to.median, turns, note)
