"""What today's SMS of a slice would have come to at the usual rates, and how likely chance explains what they did."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median

from smsreports.reports.health import probability
from smsreports.reports.health.hours import WEEKS
from smsreports.reports.health.slices import SmsCount, WeeklyCounts, sum_counts

# A fall by less than this share of the SMS is nobody's emergency, however surely it is one.
MIN_DROP_SHARE = 0.02
# Traffic has stopped, or nearly, where it is below this share of the least of the four days.
STOPPED_SHARE = 0.25
# Of fewer SMS a day's rate, or their absence, says nothing.
MIN_SMS_PER_DAY = 20
# Fewer misses in the past days do not show how days differ.
MIN_MISSES = 10
# With one day alone there is no telling what is usual.
MIN_PAST_DAYS = 2


@dataclass(frozen=True)
class PastDay:
    """One past day of some routes, and the number and variance of misses that their own rates make of its mix."""

    sent: int
    missed: int
    expected: float
    variance: float

    @classmethod
    def from_routes(cls, routes: Sequence[tuple[SmsCount, float]]) -> "PastDay":
        """Of each route its day, and the share that it usually misses."""
        return cls(
            sent=sum(day.sent for day, _ in routes),
            missed=sum(day.missed for day, _ in routes),
            expected=sum(day.sent * rate for day, rate in routes),
            variance=sum(day.sent * rate * (1 - rate) for day, rate in routes),
        )


@dataclass(frozen=True)
class DeliveryComparison:
    """Today's SMS of some routes beside their past. `weight` says as how many SMS of the past the expected misses
    count."""

    sent: int
    missed: int
    expected: float
    weight: float
    past_days: Sequence[PastDay]

    @classmethod
    def from_routes(cls, routes: Sequence[WeeklyCounts]) -> "DeliveryComparison":
        """Each route is compared with itself alone, so that a different mix of routes is no drop. Among several, one
        whose past is smaller than its today has no rate to go by, and is left out."""
        sizes = [(route, sum(day.sent for day in route[1:])) for route in routes]
        known = [(route, size) for route, size in sizes if size and (len(routes) == 1 or size >= _min_past_sent(route))]
        rated = [(route, sum(day.missed for day in route[1:]) / size) for route, size in known]
        sent = sum(route[0].sent for route, _ in known)
        uncertainty = sum(route[0].sent ** 2 / size for route, size in known)
        return cls(
            sent=sent,
            missed=sum(route[0].missed for route, _ in known),
            expected=sum(route[0].sent * rate for route, rate in rated),
            weight=sent**2 / uncertainty if uncertainty else 0,
            past_days=[PastDay.from_routes([(route[week], rate) for route, rate in rated]) for week in WEEKS[1:]],
        )

    @property
    def excess_misses(self) -> float:
        """How many SMS fewer than usual were in time."""
        return self.missed - self.expected

    @property
    def is_relevant(self) -> bool:
        """Whether it is a drop that people want to hear of: not a small one, and none that one of the days had too."""
        if not self.sent or not self.is_comparable:
            return False
        worst = max(
            ((day.missed - day.expected) / day.sent for day in self.past_days if day.sent >= MIN_SMS_PER_DAY), default=0
        )
        return self.excess_misses / self.sent >= MIN_DROP_SHARE and self.excess_misses / self.sent > worst

    @property
    def is_comparable(self) -> bool:
        return sum(day.sent > 0 for day in self.past_days) >= MIN_PAST_DAYS

    @cached_property
    def correlation(self) -> float | None:
        """How much the past days differ beyond chance; None where too little was missed to say."""
        if sum(day.missed for day in self.past_days) < MIN_MISSES:
            return None
        return probability.intraclass_correlation(
            [(day.sent, day.missed, day.expected, day.variance) for day in self.past_days]
        )

    def max_correlation(self, usual: float) -> float:
        """How much days must be thought to differ: as `usual`, or as these did, whichever is more."""
        return max(usual, self.correlation or 0)

    def compute_log_chance(self, missed: float, correlation: float) -> float:
        """The logarithm of the chance that so many of today's miss, if nothing has changed and days differ by this
        correlation. Rounded against marking."""
        whole = sum(day.sent for day in self.past_days)
        if not self.sent or not whole:
            return 0.0
        today_factor = probability.effective_sample_size(self.sent, correlation) / self.sent
        past_factor = sum(probability.effective_sample_size(day.sent, correlation) for day in self.past_days) / whole
        sent, past = math.floor(self.sent * today_factor), math.floor(self.weight * past_factor)
        found = min(math.floor(missed * today_factor), sent)
        expected = min(math.ceil(self.expected / self.sent * past), past)
        return probability.log_fisher_tail(found, sent, found + expected, sent + past)


def _min_past_sent(route: WeeklyCounts) -> int:
    return max(route[0].sent, MIN_SMS_PER_DAY)


@dataclass(frozen=True)
class VolumeComparison:
    """How many SMS were sent today, and on each of the past days."""

    sent: int
    past_days: Sequence[int]

    @classmethod
    def from_routes(cls, routes: Sequence[WeeklyCounts]) -> "VolumeComparison":
        today, *pasts = (day.sent for day in sum_counts(routes))
        return cls(today, pasts)

    @property
    def missing_sms(self) -> float:
        return median(self.past_days) - self.sent

    @property
    def is_steady(self) -> bool:
        """Whether every one of the days had traffic worth speaking of."""
        return min(self.past_days) >= MIN_SMS_PER_DAY

    @property
    def is_relevant(self) -> bool:
        return self.is_steady and self.sent < STOPPED_SHARE * min(self.past_days)

    @property
    def overdispersion(self) -> float:
        return probability.dispersion_index(self._days_without_peak)

    @property
    def _days_without_peak(self) -> Sequence[int]:
        """All days but the largest: a burst says nothing of how low a day may be."""
        return sorted(self.past_days)[:-1]

    def compute_log_chance(self, sent: int, batch_size: float) -> float:
        """The logarithm of the chance that today has so few, if nothing has changed and SMS come `each` at a time."""
        found, whole = math.ceil(sent / batch_size), math.floor((sent + sum(self._days_without_peak)) / batch_size)
        return probability.log_binomial_tail(found, whole, 1 / len(self.past_days))
