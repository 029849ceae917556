"""Which slices moved, and which of them explain the others."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from smsreports.reports.health import probability
from smsreports.reports.health.comparison import DeliveryComparison, VolumeComparison
from smsreports.reports.health.slices import EVERYTHING, SliceKey, WeeklyCounts, is_route, is_within

# Of a hundred slices that are marked, so many may be chance.
FALSE_DISCOVERY_RATE = 0.01
# A slice is called as usual only if a fall by this share of what is usually in time would have been seen.
DETECTABLE_DROP_SHARE = 0.5
# Slices that are named as what moved; the others that are marked stand in the tables.
MAX_CAUSES = 8


class SliceState(StrEnum):
    DROPPED = "dropped"
    STOPPED = "stopped"
    USUAL = "as usual"
    FEW = "too few to tell"
    NEW = "too little past"


@dataclass(frozen=True)
class Signal:
    """What speaks for a slice having moved: the logarithm of chance, and whether it would matter. `naive_log_chance`
    is the
    same as if days did not differ: it says where a loss is densest. How much they differ is known of each slice, but
    too roughly to set slices against each other by it."""

    state: SliceState
    log_chance: float
    naive_log_chance: float
    is_relevant: bool
    lost_sms: float


@dataclass(frozen=True)
class Finding:
    """Of a slice: what became of it, and the percentage in time that its routes' usual rates make of today's SMS."""

    state: SliceState
    usual_rate: float | None

    @property
    def is_marked(self) -> bool:
        return self.state in (SliceState.DROPPED, SliceState.STOPPED)


@dataclass(frozen=True)
class Cause:
    """A slice that moved by itself, and by how many SMS."""

    key: SliceKey
    state: SliceState
    lost_sms: int


class AnomalyDetector:
    """Slices beside their past. All tests are made on routes, of which every other slice is made up."""

    def __init__(self, slices: Mapping[SliceKey, WeeklyCounts]) -> None:
        self.slices = slices
        self.routes = {key: days for key, days in slices.items() if is_route(key)}
        self.routes_by_slice: dict[SliceKey, list[SliceKey]] = {key: [] for key in slices}
        for sender, country in self.routes:
            for key in (EVERYTHING, (sender, None), (None, country), (sender, country)):
                self.routes_by_slice.setdefault(key, []).append((sender, country))
        self.deliveries = {key: DeliveryComparison.from_routes(self._get_routes(key, self.routes)) for key in slices}
        known = (self.deliveries[key].correlation for key in self.routes)
        # The middle one: the outage of one route some week does not hide all the others.
        self.usual_correlation = median(sorted(one for one in known if one is not None) or [0.0])
        self.signals = {key: self._build_signals(key, self.routes) for key in slices}
        every = [sign.log_chance for signs in self.signals.values() for sign in signs]
        self.threshold = probability.benjamini_hochberg_threshold(every, FALSE_DISCOVERY_RATE)

    def build_findings(self) -> Mapping[SliceKey, Finding]:
        return {key: Finding(self._decide_state(key), self._compute_usual_rate(key)) for key in self.slices}

    def find_causes(self) -> list[Cause]:
        """The slice where the loss is densest first; then what is still sure without its SMS, and so on. Of a country
        that fell with all its senders that is the country, of one that one sender pulled down their route."""
        remaining, causes = dict(self.routes), list[Cause]()
        keys = [key for key in self.slices if self._select_significant(self.signals[key])]
        while len(causes) < MAX_CAUSES:
            signals = [
                (key, sign) for key in keys for sign in self._select_significant(self._build_signals(key, remaining))
            ]
            if not signals:
                break
            key, sign = min(signals, key=lambda one: (one[1].naive_log_chance, one[0].count(None)))
            causes.append(Cause(key, sign.state, round(sign.lost_sms)))
            remaining = {route: days for route, days in remaining.items() if not is_within(route, key)}
        return causes

    def _get_routes(self, key: SliceKey, routes: Mapping[SliceKey, WeeklyCounts]) -> list[WeeklyCounts]:
        return [routes[route] for route in self.routes_by_slice[key] if route in routes]

    def _build_signals(self, key: SliceKey, routes: Mapping[SliceKey, WeeklyCounts]) -> list[Signal]:
        """Only of tests that can be made."""
        own, signals = self._get_routes(key, routes), list[Signal]()
        delivery = self.deliveries[key] if routes is self.routes else DeliveryComparison.from_routes(own)
        if delivery.sent and delivery.is_comparable:
            log = delivery.compute_log_chance(delivery.missed, delivery.max_correlation(self.usual_correlation))
            bare = delivery.compute_log_chance(delivery.missed, 0)
            signals.append(Signal(SliceState.DROPPED, log, bare, delivery.is_relevant, delivery.excess_misses))
        volume = VolumeComparison.from_routes(own)
        if volume.is_steady:
            log, bare = (
                volume.compute_log_chance(volume.sent, volume.overdispersion),
                volume.compute_log_chance(volume.sent, 1),
            )
            signals.append(Signal(SliceState.STOPPED, log, bare, volume.is_relevant, volume.missing_sms))
        return signals

    def _select_significant(self, signs: Iterable[Signal]) -> list[Signal]:
        return [sign for sign in signs if sign.is_relevant and sign.log_chance <= self.threshold]

    def _decide_state(self, key: SliceKey) -> SliceState:
        if marked := self._select_significant(self.signals[key]):
            return min(marked, key=lambda sign: sign.log_chance).state
        delivery = self.deliveries[key]
        if not delivery.is_comparable:
            return SliceState.NEW
        half = delivery.expected + DETECTABLE_DROP_SHARE * (delivery.sent - delivery.expected)
        is_detectable = delivery.compute_log_chance(half, delivery.max_correlation(self.usual_correlation)) <= math.log(
            FALSE_DISCOVERY_RATE / len(self.slices)
        )
        return SliceState.USUAL if is_detectable else SliceState.FEW

    def _compute_usual_rate(self, key: SliceKey) -> float | None:
        delivery = self.deliveries[key]
        if delivery.sent:
            return 100 * (1 - delivery.expected / delivery.sent)
        past, missed = sum(day.sent for day in delivery.past_days), sum(day.missed for day in delivery.past_days)
        return 100 * (1 - missed / past) if past else None
