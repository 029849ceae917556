"""Figures of the benchmark: functions that are registered by name."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.benchmarks.bench import Bench
from tests.benchmarks.timing import Series


@dataclass(frozen=True)
class Measurement:
    """Value of a figure, the series behind it, and a note for the reader."""

    value: float
    series: Sequence[Series] = ()
    note: str = ""


@dataclass(frozen=True)
class Figure:
    """Figure with its limits; None where there is no target."""

    name: str
    title: str
    maximum: float | None
    minimum: float | None
    unit: str
    measure: Callable[[Bench], Measurement]

    @property
    def target(self) -> str:
        if self.maximum is not None:
            return f"≤ {self.maximum:g} {self.unit}"
        return "" if self.minimum is None else f"≥ {self.minimum:g} {self.unit}"

    def is_met(self, value: float) -> bool:
        return value <= (math.inf if self.maximum is None else self.maximum) and value >= (self.minimum or 0)


FIGURES: dict[str, Figure] = {}
Measure = Callable[[Bench], Measurement]


def figure(
    name: str, title: str, *, maximum: float | None = None, minimum: float | None = None, unit: str = "×"
) -> Callable[[Measure], Measure]:
    """Register a function as the figure `name`."""

    def register(measure: Measure) -> Measure:
        FIGURES[name] = Figure(name, title, maximum, minimum, unit, measure)
        return measure

    return register


def ratio(series: Sequence[Series], note: str = "") -> Measurement:
    """Return the ratio of the medians of two series, the first to the second."""
    numerator, denominator = series
    return Measurement(numerator.median / denominator.median, series, note)
