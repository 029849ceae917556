"""Measurements by turns, so that a ratio holds although the machine's speed changes meanwhile."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

# Of what takes milliseconds: enough that one that was held up does not count.
QUICK_RUNS = 25


@dataclass(frozen=True)
class Series:
    """Values of one thing, in one unit."""

    name: str
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return median(self.values)

    @property
    def least(self) -> float:
        return min(self.values)

    @property
    def most(self) -> float:
        return max(self.values)


def by_turns(runs: int, tasks: Mapping[str, Callable[[], float]], *, warm: bool = True) -> list[Series]:
    """Seconds of each task, `runs` times in turn; with `warm` after a round that does not count."""
    rounds = [[task() for task in tasks.values()] for _ in range(runs + warm)][int(warm) :]
    return [Series(name, values) for name, values in zip(tasks, zip(*rounds, strict=True), strict=True)]
