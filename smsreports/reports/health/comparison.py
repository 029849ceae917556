"""Comparison of a slice's SMS of today with its past, and the probability that chance explains the difference."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median

from smsreports.reports.health import probability
from smsreports.reports.health.hours import WEEKS
from smsreports.reports.health.slices import SmsCount, WeeklyCounts, sum_counts

# Minimum drop, as a share of the SMS. Smaller drops are not reported, however significant they are.
MIN_DROP_SHARE = 0.02
# Traffic counts as stopped below this share of the lowest of the four past days.
STOPPED_SHARE = 0.25
# Minimum SMS of a day. The rate or absence of fewer SMS is not meaningful.
MIN_SMS_PER_DAY = 20
# Minimum misses of the past days for estimating how much days differ.
MIN_MISSES = 10
# Minimum past days with traffic for telling what is usual.
MIN_PAST_DAYS = 2


@dataclass(frozen=True)
class PastDay:
    """Past day of some routes. `expected` and `variance` are of the misses at the routes' own rates."""

    sent: int
    missed: int
    expected: float
    variance: float

    @classmethod
    def from_routes(cls, routes: Sequence[tuple[SmsCount, float]]) -> "PastDay":
        """Sum routes, each given by its counts of the day and its usual share of misses."""
        return cls(
            sent=sum(day.sent for day, _ in routes),
            missed=sum(day.missed for day, _ in routes),
            expected=sum(day.sent * rate for day, rate in routes),
            variance=sum(day.sent * rate * (1 - rate) for day, rate in routes),
        )


@dataclass(frozen=True)
class DeliveryComparison:
    """Today's SMS of some routes compared with their past.

    `weight` is the number of past SMS that the expected misses are worth.
    """

    sent: int
    missed: int
    expected: float
    weight: float
    past_days: Sequence[PastDay]

    @classmethod
    def from_routes(cls, routes: Sequence[WeeklyCounts]) -> "DeliveryComparison":
        """Compare each route with itself alone, so that a different mix of routes is no drop.

        Among several routes, one whose past is smaller than its today is left out: its usual rate is unknown.
        """
        sizes = [(route, sum(day.sent for day in route[1:])) for route in routes]
        known = [
            (route, size)
            for route, size in sizes
            if size and (len(routes) == 1 or size >= max(route[0].sent, MIN_SMS_PER_DAY))
        ]
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
        """Number of misses above the usual."""
        return self.missed - self.expected

    @property
    def is_relevant(self) -> bool:
        """True for a drop of at least MIN_DROP_SHARE that is larger than that of any past day."""
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
        """Correlation of two SMS of the same past day, as a measure of how much days differ beyond chance.

        None if there were fewer than MIN_MISSES misses.
        """
        if sum(day.missed for day in self.past_days) < MIN_MISSES:
            return None
        return probability.intraclass_correlation(
            [(day.sent, day.missed, day.expected, day.variance) for day in self.past_days]
        )

    def max_correlation(self, usual: float) -> float:
        """Return the larger of the usual correlation and that of these days."""
        return max(usual, self.correlation or 0)

    def compute_log_chance(self, missed: float, correlation: float) -> float:
        """Return the log of the probability of at least `missed` misses today if nothing has changed.

        Days are assumed to differ by `correlation`. Rounding is against reporting a drop.
        """
        past_sent = sum(day.sent for day in self.past_days)
        if not self.sent or not past_sent:
            return 0.0
        today_factor = probability.effective_sample_size(self.sent, correlation) / self.sent
        past_factor = (
            sum(probability.effective_sample_size(day.sent, correlation) for day in self.past_days) / past_sent
        )
        sent, past = math.floor(self.sent * today_factor), math.floor(self.weight * past_factor)
        observed = min(math.floor(missed * today_factor), sent)
        expected = min(math.ceil(self.expected / self.sent * past), past)
        return probability.log_fisher_tail(observed, sent, observed + expected, sent + past)


@dataclass(frozen=True)
class VolumeComparison:
    """Number of SMS sent today, and on each of the past days."""

    sent: int
    past_days: Sequence[int]

    @classmethod
    def from_routes(cls, routes: Sequence[WeeklyCounts]) -> "VolumeComparison":
        today, *past_days = (day.sent for day in sum_counts(routes))
        return cls(today, past_days)

    @property
    def missing_sms(self) -> float:
        return median(self.past_days) - self.sent

    @property
    def is_steady(self) -> bool:
        """True if every past day had at least MIN_SMS_PER_DAY SMS."""
        return min(self.past_days) >= MIN_SMS_PER_DAY

    @property
    def is_relevant(self) -> bool:
        return self.is_steady and self.sent < STOPPED_SHARE * min(self.past_days)

    @property
    def overdispersion(self) -> float:
        return probability.dispersion_index(self._days_without_peak)

    @property
    def _days_without_peak(self) -> Sequence[int]:
        """All past days but the largest: a burst does not show how low a day may be."""
        return sorted(self.past_days)[:-1]

    def compute_log_chance(self, sent: int, batch_size: float) -> float:
        """Return the log of the probability of at most `sent` SMS today if nothing has changed.

        SMS are assumed to come in batches of `batch_size`.
        """
        batches = math.ceil(sent / batch_size)
        all_batches = math.floor((sent + sum(self._days_without_peak)) / batch_size)
        return probability.log_binomial_tail(batches, all_batches, 1 / len(self.past_days))
