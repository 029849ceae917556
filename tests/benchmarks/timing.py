"""Alternating measurements, whose ratio holds although the machine's speed changes meanwhile."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

# Runs of a measurement that takes milliseconds; outliers do not move the median.
QUICK_RUNS = 25


@dataclass(frozen=True)
class Series:
    """Measured values of one task."""

    name: str
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return median(self.values)

    @property
    def minimum(self) -> float:
        return min(self.values)

    @property
    def maximum(self) -> float:
        return max(self.values)


def time_alternately(runs: int, tasks: Mapping[str, Callable[[], float]], *, warm: bool = True) -> list[Series]:
    """Return the seconds of each task, run `runs` times alternately; `warm` adds a first round that is discarded."""
    rounds = [[task() for task in tasks.values()] for _ in range(runs + warm)][int(warm) :]
    return [Series(name, values) for name, values in zip(tasks, zip(*rounds, strict=True), strict=True)]
