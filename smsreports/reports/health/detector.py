"""Detection of the slices that changed, and of those that explain the others."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from smsreports.reports.health import probability
from smsreports.reports.health.comparison import DeliveryComparison, VolumeComparison
from smsreports.reports.health.slices import EVERYTHING, SliceKey, WeeklyCounts, is_route, is_within

# Share of the marked slices that may be marked by chance.
FALSE_DISCOVERY_RATE = 0.01
# A slice counts as usual only if a drop by this share of the SMS that are usually in time would have been significant.
DETECTABLE_DROP_SHARE = 0.5
# Slices that are reported as causes. The tables have the other marked ones.
MAX_CAUSES = 8


class SliceState(StrEnum):
    DROPPED = "dropped"
    STOPPED = "stopped"
    USUAL = "as usual"
    FEW = "too few to tell"
    NEW = "too little past"


@dataclass(frozen=True)
class Signal:
    """Result of one test of a slice: the log of the probability of chance, and whether the change is relevant.

    `naive_log_chance` assumes that days do not differ, and shows where a loss is densest. The correlation of a slice is
    too rough an estimate for ranking slices against each other.
    """

    state: SliceState
    log_chance: float
    naive_log_chance: float
    is_relevant: bool
    lost_sms: float


@dataclass(frozen=True)
class Finding:
    """State of a slice, and the percentage in time that today's SMS would have at the usual rates of their routes."""

    state: SliceState
    usual_rate: float | None

    @property
    def is_marked(self) -> bool:
        return self.state in (SliceState.DROPPED, SliceState.STOPPED)


@dataclass(frozen=True)
class Cause:
    """Slice that changed by itself, and the number of SMS lost."""

    key: SliceKey
    state: SliceState
    lost_sms: int


class AnomalyDetector:
    """Compares slices with their past. All tests are made on routes, of which every other slice consists."""

    def __init__(self, slices: Mapping[SliceKey, WeeklyCounts]) -> None:
        self.slices = slices
        self.routes = {key: days for key, days in slices.items() if is_route(key)}
        self.routes_by_slice: dict[SliceKey, list[SliceKey]] = {key: [] for key in slices}
        for sender, country in self.routes:
            for key in (EVERYTHING, (sender, None), (None, country), (sender, country)):
                self.routes_by_slice.setdefault(key, []).append((sender, country))
        self.deliveries = {key: DeliveryComparison.from_routes(self._get_routes(key, self.routes)) for key in slices}
        correlations = [self.deliveries[key].correlation for key in self.routes]
        # The median, so that the past outage of one route does not hide all other drops.
        self.usual_correlation = median([value for value in correlations if value is not None] or [0.0])
        self.signals = {key: self._build_signals(key, self.routes) for key in slices}
        log_chances = [signal.log_chance for signals in self.signals.values() for signal in signals]
        self.threshold = probability.benjamini_hochberg_threshold(log_chances, FALSE_DISCOVERY_RATE)

    def build_findings(self) -> Mapping[SliceKey, Finding]:
        return {key: Finding(self._decide_state(key), self._compute_usual_rate(key)) for key in self.slices}

    def find_causes(self) -> list[Cause]:
        """Return the slices that explain all others, greedily by the density of their loss.

        The densest slice comes first, then the densest one that is significant without the SMS of the first, and so on.
        A country whose senders all dropped is one cause; if one sender dropped there, their route is the cause.
        """
        remaining, causes = dict(self.routes), list[Cause]()
        keys = [key for key in self.slices if self._select_significant(self.signals[key])]
        while len(causes) < MAX_CAUSES:
            signals = [
                (key, signal)
                for key in keys
                for signal in self._select_significant(self._build_signals(key, remaining))
            ]
            if not signals:
                break
            key, signal = min(signals, key=lambda item: (item[1].naive_log_chance, item[0].count(None)))
            causes.append(Cause(key, signal.state, round(signal.lost_sms)))
            remaining = {route: days for route, days in remaining.items() if not is_within(route, key)}
        return causes

    def _get_routes(self, key: SliceKey, routes: Mapping[SliceKey, WeeklyCounts]) -> list[WeeklyCounts]:
        return [routes[route] for route in self.routes_by_slice[key] if route in routes]

    def _build_signals(self, key: SliceKey, routes: Mapping[SliceKey, WeeklyCounts]) -> list[Signal]:
        """Return the results of the tests that have enough data."""
        own, signals = self._get_routes(key, routes), list[Signal]()
        delivery = self.deliveries[key] if routes is self.routes else DeliveryComparison.from_routes(own)
        if delivery.sent and delivery.is_comparable:
            log_chance = delivery.compute_log_chance(delivery.missed, delivery.max_correlation(self.usual_correlation))
            naive = delivery.compute_log_chance(delivery.missed, 0)
            signals.append(Signal(SliceState.DROPPED, log_chance, naive, delivery.is_relevant, delivery.excess_misses))
        volume = VolumeComparison.from_routes(own)
        if volume.is_steady:
            log_chance = volume.compute_log_chance(volume.sent, volume.overdispersion)
            naive = volume.compute_log_chance(volume.sent, 1)
            signals.append(Signal(SliceState.STOPPED, log_chance, naive, volume.is_relevant, volume.missing_sms))
        return signals

    def _select_significant(self, signals: Iterable[Signal]) -> list[Signal]:
        return [signal for signal in signals if signal.is_relevant and signal.log_chance <= self.threshold]

    def _decide_state(self, key: SliceKey) -> SliceState:
        if significant := self._select_significant(self.signals[key]):
            return min(significant, key=lambda signal: signal.log_chance).state
        delivery = self.deliveries[key]
        if not delivery.is_comparable:
            return SliceState.NEW
        missed = delivery.expected + DETECTABLE_DROP_SHARE * (delivery.sent - delivery.expected)
        log_chance = delivery.compute_log_chance(missed, delivery.max_correlation(self.usual_correlation))
        is_detectable = log_chance <= math.log(FALSE_DISCOVERY_RATE / len(self.slices))
        return SliceState.USUAL if is_detectable else SliceState.FEW

    def _compute_usual_rate(self, key: SliceKey) -> float | None:
        delivery = self.deliveries[key]
        if delivery.sent:
            return 100 * (1 - delivery.expected / delivery.sent)
        past_sent = sum(day.sent for day in delivery.past_days)
        past_missed = sum(day.missed for day in delivery.past_days)
        return 100 * (1 - past_missed / past_sent) if past_sent else None
