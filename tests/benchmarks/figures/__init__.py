"""Figures: one small function each, registered by name; to add one is to write one."""

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
    """`target` is the most that `value` may be; None where nothing is promised."""

    name: str
    title: str
    target: float | None
    unit: str
    measure: Callable[[Bench], Measured]


FIGURES: dict[str, Figure] = {}
Measure = Callable[[Bench], Measured]


def figure(name: str, title: str, *, target: float | None = None, unit: str = "×") -> Callable[[Measure], Measure]:
    """Registers a function as the figure `name`."""

    def register(measure: Measure) -> Measure:
        FIGURES[name] = Figure(name, title, target, unit, measure)
        return measure

    return register


def ratio(turns: Sequence[Series], note: str = "") -> Measured:
    """Of two series the ratio of their medians, the first to the second."""
    of, to = turns
    return Measured(of.median / to.median, turns, note)
