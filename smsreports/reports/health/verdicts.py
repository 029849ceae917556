"""Which slices moved, and which of them explain the others."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from smsreports.reports.health import chance
from smsreports.reports.health.evidence import Delivery, Volume
from smsreports.reports.health.slices import EVERYTHING, Days, Key, is_route, within

# Of a hundred slices that are marked, so many may be chance.
FALSE = 0.01
# A slice is called as usual only if a fall by this share of what is usually in time would have been seen.
SEEN = 0.5
# Slices that are named as what moved; the others that are marked stand in the tables.
MOST_CAUSES = 8


class State(StrEnum):
    DROPPED = "dropped"
    STOPPED = "stopped"
    USUAL = "as usual"
    FEW = "too few to tell"
    NEW = "too little past"


@dataclass(frozen=True)
class Sign:
    """What speaks for a slice having moved: the logarithm of chance, and whether it would matter. `bare` is the
    same as if days did not differ: it says where a loss is densest. How much they differ is known of each slice, but
    too roughly to set slices against each other by it."""

    state: State
    log: float
    bare: float
    matters: bool
    lost: float


@dataclass(frozen=True)
class Verdict:
    """Of a slice: what became of it, and the percentage in time that its routes' usual rates make of today's SMS."""

    state: State
    usual: float | None

    @property
    def marked(self) -> bool:
        return self.state in (State.DROPPED, State.STOPPED)


@dataclass(frozen=True)
class Cause:
    """A slice that moved by itself, and by how many SMS."""

    key: Key
    state: State
    lost: int


class Judge:
    """Slices beside their past. All tests are made on routes, of which every other slice is made up."""

    def __init__(self, slices: Mapping[Key, Days]) -> None:
        self.slices = slices
        self.routes = {key: days for key, days in slices.items() if is_route(key)}
        self.members: dict[Key, list[Key]] = {key: [] for key in slices}
        for sender, country in self.routes:
            for key in (EVERYTHING, (sender, None), (None, country), (sender, country)):
                self.members.setdefault(key, []).append((sender, country))
        self.deliveries = {key: Delivery.of(self._of(key, self.routes)) for key in slices}
        known = (self.deliveries[key].correlation for key in self.routes)
        # The middle one: the outage of one route some week does not hide all the others.
        self.usual = median(sorted(one for one in known if one is not None) or [0.0])
        self.signs = {key: self._signs(key, self.routes) for key in slices}
        every = [sign.log for signs in self.signs.values() for sign in signs]
        self.bar = chance.bar(every, FALSE)

    def verdicts(self) -> Mapping[Key, Verdict]:
        return {key: Verdict(self._state(key), self._usual(key)) for key in self.slices}

    def causes(self) -> list[Cause]:
        """The slice where the loss is densest first; then what is still sure without its SMS, and so on. Of a country
        that fell with all its senders that is the country, of one that one sender pulled down their route."""
        left, found = dict(self.routes), list[Cause]()
        keys = [key for key in self.slices if self._marked(self.signs[key])]
        while len(found) < MOST_CAUSES:
            signs = [(key, sign) for key in keys for sign in self._marked(self._signs(key, left))]
            if not signs:
                break
            key, sign = min(signs, key=lambda one: (one[1].bare, one[0].count(None)))
            found.append(Cause(key, sign.state, round(sign.lost)))
            left = {route: days for route, days in left.items() if not within(route, key)}
        return found

    def _of(self, key: Key, routes: Mapping[Key, Days]) -> list[Days]:
        return [routes[route] for route in self.members[key] if route in routes]

    def _signs(self, key: Key, routes: Mapping[Key, Days]) -> list[Sign]:
        """Only of tests that can be made."""
        own, found = self._of(key, routes), list[Sign]()
        delivery = self.deliveries[key] if routes is self.routes else Delivery.of(own)
        if delivery.sent and delivery.comparable:
            log = delivery.chance(delivery.missed, delivery.differs(self.usual))
            bare = delivery.chance(delivery.missed, 0)
            found.append(Sign(State.DROPPED, log, bare, delivery.matters, delivery.lost))
        volume = Volume.of(own)
        if volume.steady:
            log, bare = volume.chance(volume.sent, volume.differs), volume.chance(volume.sent, 1)
            found.append(Sign(State.STOPPED, log, bare, volume.matters, volume.lost))
        return found

    def _marked(self, signs: Iterable[Sign]) -> list[Sign]:
        return [sign for sign in signs if sign.matters and sign.log <= self.bar]

    def _state(self, key: Key) -> State:
        if marked := self._marked(self.signs[key]):
            return min(marked, key=lambda sign: sign.log).state
        delivery = self.deliveries[key]
        if not delivery.comparable:
            return State.NEW
        half = delivery.expected + SEEN * (delivery.sent - delivery.expected)
        seen = delivery.chance(half, delivery.differs(self.usual)) <= math.log(FALSE / len(self.slices))
        return State.USUAL if seen else State.FEW

    def _usual(self, key: Key) -> float | None:
        delivery = self.deliveries[key]
        if delivery.sent:
            return 100 * (1 - delivery.expected / delivery.sent)
        past, missed = sum(day.sent for day in delivery.pasts), sum(day.missed for day in delivery.pasts)
        return 100 * (1 - missed / past) if past else None
