"""What today's SMS of a slice would have come to at the usual rates, and how likely chance explains what they did."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median

from smsreports.reports.health import chance
from smsreports.reports.health.hours import WEEKS
from smsreports.reports.health.slices import Count, Days, added

# A fall by less than this share of the SMS is nobody's emergency, however surely it is one.
LEAST_DROP = 0.02
# Traffic has stopped, or nearly, where it is below this share of the least of the four days.
NEARLY_STOPPED = 0.25
# Of fewer SMS a day's rate, or their absence, says nothing.
LEAST = 20
# Fewer misses in the past days do not show how days differ.
LEAST_MISSES = 10
# With one day alone there is no telling what is usual.
LEAST_DAYS = 2


@dataclass(frozen=True)
class Past:
    """One past day of some routes, and the number and variance of misses that their own rates make of its mix."""

    sent: int
    missed: int
    expected: float
    variance: float

    @classmethod
    def of(cls, routes: Sequence[tuple[Count, float]]) -> "Past":
        """Of each route its day, and the share that it usually misses."""
        return cls(
            sent=sum(day.sent for day, _ in routes),
            missed=sum(day.missed for day, _ in routes),
            expected=sum(day.sent * rate for day, rate in routes),
            variance=sum(day.sent * rate * (1 - rate) for day, rate in routes),
        )


@dataclass(frozen=True)
class Delivery:
    """Today's SMS of some routes beside their past. `weight` says as how many SMS of the past the expected misses
    count."""

    sent: int
    missed: int
    expected: float
    weight: float
    pasts: Sequence[Past]

    @classmethod
    def of(cls, routes: Sequence[Days]) -> "Delivery":
        """Each route is compared with itself alone, so that a different mix of routes is no drop. Among several, one
        whose past is smaller than its today has no rate to go by, and is left out."""
        sizes = [(route, sum(day.sent for day in route[1:])) for route in routes]
        known = [(route, size) for route, size in sizes if size and (len(routes) == 1 or size >= _enough(route))]
        rated = [(route, sum(day.missed for day in route[1:]) / size) for route, size in known]
        sent = sum(route[0].sent for route, _ in known)
        unsure = sum(route[0].sent ** 2 / size for route, size in known)
        return cls(
            sent=sent,
            missed=sum(route[0].missed for route, _ in known),
            expected=sum(route[0].sent * rate for route, rate in rated),
            weight=sent**2 / unsure if unsure else 0,
            pasts=[Past.of([(route[week], rate) for route, rate in rated]) for week in WEEKS[1:]],
        )

    @property
    def lost(self) -> float:
        """How many SMS fewer than usual were in time."""
        return self.missed - self.expected

    @property
    def matters(self) -> bool:
        """Whether it is a drop that people want to hear of: not a small one, and none that one of the days had too."""
        if not self.sent or not self.comparable:
            return False
        worst = max(((day.missed - day.expected) / day.sent for day in self.pasts if day.sent >= LEAST), default=0)
        return self.lost / self.sent >= LEAST_DROP and self.lost / self.sent > worst

    @property
    def comparable(self) -> bool:
        return sum(day.sent > 0 for day in self.pasts) >= LEAST_DAYS

    @cached_property
    def correlation(self) -> float | None:
        """How much the past days differ beyond chance; None where too little was missed to say."""
        if sum(day.missed for day in self.pasts) < LEAST_MISSES:
            return None
        return chance.spread([(day.sent, day.missed, day.expected, day.variance) for day in self.pasts])

    def differs(self, usual: float) -> float:
        """How much days must be thought to differ: as `usual`, or as these did, whichever is more."""
        return max(usual, self.correlation or 0)

    def chance(self, missed: float, correlation: float) -> float:
        """The logarithm of the chance that so many of today's miss, if nothing has changed and days differ by this
        correlation. Rounded against marking."""
        whole = sum(day.sent for day in self.pasts)
        if not self.sent or not whole:
            return 0.0
        today = chance.worth(self.sent, correlation) / self.sent
        before = sum(chance.worth(day.sent, correlation) for day in self.pasts) / whole
        sent, past = math.floor(self.sent * today), math.floor(self.weight * before)
        found = min(math.floor(missed * today), sent)
        expected = min(math.ceil(self.expected / self.sent * past), past)
        return chance.log_as_many(found, sent, found + expected, sent + past)


def _enough(route: Days) -> int:
    return max(route[0].sent, LEAST)


@dataclass(frozen=True)
class Volume:
    """How many SMS were sent today, and on each of the past days."""

    sent: int
    pasts: Sequence[int]

    @classmethod
    def of(cls, routes: Sequence[Days]) -> "Volume":
        today, *pasts = (day.sent for day in added(routes))
        return cls(today, pasts)

    @property
    def lost(self) -> float:
        return median(self.pasts) - self.sent

    @property
    def steady(self) -> bool:
        """Whether every one of the days had traffic worth speaking of."""
        return min(self.pasts) >= LEAST

    @property
    def matters(self) -> bool:
        return self.steady and self.sent < NEARLY_STOPPED * min(self.pasts)

    @property
    def differs(self) -> float:
        return chance.dispersion(self._lower)

    @property
    def _lower(self) -> Sequence[int]:
        """All days but the largest: a burst says nothing of how low a day may be."""
        return sorted(self.pasts)[:-1]

    def chance(self, sent: int, each: float) -> float:
        """The logarithm of the chance that today has so few, if nothing has changed and SMS come `each` at a time."""
        found, whole = math.ceil(sent / each), math.floor((sent + sum(self._lower)) / each)
        return chance.log_as_few(found, whole, 1 / len(self.pasts))
