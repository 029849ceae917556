"""What the demo's requests and campaigns share: how one SMS is made, and what becomes of it."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache, cached_property
from typing import NamedTuple

from smsreports.ingest.demo import world
from smsreports.ingest.demo.world import Account, Country, Route

Record = dict[str, object]


class Fate(NamedTuple):
    """What is known of an SMS when the world ends."""

    status: str
    code: str
    submitted: datetime | None
    delivered: datetime | None


UNSENT = Fate("pending", "", None, None)


@dataclass(frozen=True)
class Traffic:
    """One account's traffic up to the end of the world, with a source of random numbers of its own."""

    account: Account
    until: datetime
    rng: random.Random
    # How long the world lasts, at least two days: a campaign needs one that is over.
    days: int = world.DAYS
    # Part of every broadcast's key and name.
    edition: str = ""

    @cached_property
    def countries(self) -> list[Country]:
        return [world.COUNTRIES[code] for code in self.account.markets]

    @cached_property
    def midnight(self) -> datetime:
        """The beginning of the world's last day."""
        return self.until.replace(hour=0, minute=0, second=0, microsecond=0)

    @cached_property
    def groups(self) -> list[str]:
        """The account's groups of contacts: the same in all its traffic and for every seed."""
        rng = random.Random(self.account.name)  # noqa: S311  guards no secret
        return [uuid(rng) for _ in range(world.GROUPS)]

    def text(self, texts: Mapping[str, Sequence[str]], language: str) -> str:
        """One of the language's texts, its gaps filled."""
        draw = self.rng.random
        return self.rng.choice(texts[language]).format(
            code=int(draw() * 900_000) + 100_000,
            order=int(draw() * 90_000_000) + 10_000_000,
            amount=f"{draw() * 180 + 2:.2f}",
            hour=f"{int(draw() * 12) + 8}:{int(draw() * 4) * 15:02}",
            brand=self.account.brand,
            site=self.account.site,
        )

    def fate(self, country: Country, queued: datetime, queue: float) -> Fate:
        """What became of an SMS queued at `queued`; the carrier takes it after `queue` seconds on average."""
        submitted = self.after(queued, queue)
        if submitted > self.until:
            return UNSENT
        route = self.route(country, queued)
        final = self.rng.choices(world.FINALS, cum_weights=route.cumulative)[0]
        if final == "failed":
            return Fate(final, self.rng.choice(world.CODES[final]), None, None)
        reported = self.reported(route, submitted, final)
        if reported > self.until:
            acknowledged = submitted + world.ACKNOWLEDGED <= self.until
            return Fate(self.rng.choice(world.UNDER_WAY) if acknowledged else "sent", "", submitted, None)
        delivered = reported if final == "DELIVRD" else None
        return Fate(final, self.rng.choice(world.CODES[final]), submitted, delivered)

    def route(self, country: Country, moment: datetime) -> Route:
        """The country's route, or the bad one in the two days it had."""
        begin = self.midnight - world.BAD_BEGINS
        bad = country.code == world.BAD_COUNTRY and begin <= moment < begin + world.BAD_LASTS
        return world.BAD_ROUTE if bad else country.route

    def reported(self, route: Route, submitted: datetime, final: str) -> datetime:
        """When the SMS is reported as `final`."""
        if final == "DELIVRD":
            return submitted + timedelta(seconds=route.median * self.rng.lognormvariate(0, world.SPREAD))
        least, mean = world.ENDS[final]
        return self.after(submitted + least, mean)

    def after(self, moment: datetime, mean: float) -> datetime:
        """A moment later, by `mean` seconds on average: mostly sooner, seldom much later."""
        return moment + timedelta(seconds=self.rng.expovariate(1 / mean))

    def cost(self, country: Country, parts: int, fate: Fate) -> str:
        """In the account's currency; what never left costs nothing."""
        return "0" if fate.status == "failed" else _cost(country.price, self.account.factor, parts)


@cache
def _cost(price: Decimal, factor: Decimal, parts: int) -> str:
    """The list price in the account's currency, at six decimals, times the parts."""
    return str((price * factor).quantize(Decimal("0.000001")) * parts)


def uuid(rng: random.Random) -> str:
    """A version 4 UUID from `rng`, at a third of the time that the class of the standard library takes."""
    digits = f"{rng.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def written(moment: datetime | None) -> str | None:
    """A UTC moment as the record format writes it."""
    return None if moment is None else moment.isoformat()[: -len("+00:00")] + "Z"
