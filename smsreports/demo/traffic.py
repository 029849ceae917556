"""Base of the demo's requests and campaigns: draws texts, routes, times and outcomes of SMS."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache, cached_property
from typing import NamedTuple

from smsreports.demo import world
from smsreports.demo.world import Country, DemoAccount, Route

RecordDict = dict[str, object]


class SmsOutcome(NamedTuple):
    """Status and times of an SMS at the end of the period."""

    status: str
    code: str
    submitted: datetime | None
    delivered: datetime | None


UNSENT = SmsOutcome("pending", "", None, None)


@dataclass(frozen=True)
class Traffic:
    """Traffic of one account up to `until`, with its own random number generator."""

    account: DemoAccount
    until: datetime
    rng: random.Random
    # Length of the period, at least two days, because a campaign needs a whole one.
    days: int = world.DAYS
    # Part of every broadcast's key and name.
    edition: str = ""

    @cached_property
    def countries(self) -> list[Country]:
        return [world.COUNTRIES[code] for code in self.account.markets]

    @cached_property
    def midnight(self) -> datetime:
        """Beginning of the last day."""
        return self.until.replace(hour=0, minute=0, second=0, microsecond=0)

    @cached_property
    def groups(self) -> list[str]:
        """Ids of the account's contact groups; the same in all its traffic and for every seed."""
        rng = random.Random(self.account.name)  # noqa: S311  guards no secret
        return [draw_uuid(rng) for _ in range(world.GROUPS_PER_ACCOUNT)]

    def draw_text(self, texts: Mapping[str, Sequence[str]], language: str) -> str:
        """Draw one of the language's texts and fill its placeholders."""
        draw_random = self.rng.random
        return self.rng.choice(texts[language]).format(
            code=int(draw_random() * 900_000) + 100_000,
            order=int(draw_random() * 90_000_000) + 10_000_000,
            amount=f"{draw_random() * 180 + 2:.2f}",
            hour=f"{int(draw_random() * 12) + 8}:{int(draw_random() * 4) * 15:02}",
            brand=self.account.brand,
            site=self.account.site,
        )

    def draw_outcome(self, country: Country, queued: datetime, mean_queue_seconds: float) -> SmsOutcome:
        """Draw the outcome of an SMS queued at `queued`."""
        submitted = self.draw_time_after(queued, mean_queue_seconds)
        if submitted > self.until:
            return UNSENT
        route = self.choose_route(country, queued)
        final = self.rng.choices(world.FINAL_STATUSES, cum_weights=route.cumulative_weights)[0]
        if final == "failed":
            return SmsOutcome(final, self.rng.choice(world.STATUS_CODES[final]), None, None)
        reported_at = self.draw_report_time(route, submitted, final)
        if reported_at > self.until:
            acknowledged = submitted + world.ACKNOWLEDGEMENT_DELAY <= self.until
            return SmsOutcome(
                self.rng.choice(world.INTERMEDIATE_STATUSES) if acknowledged else "sent", "", submitted, None
            )
        delivered = reported_at if final == "DELIVRD" else None
        return SmsOutcome(final, self.rng.choice(world.STATUS_CODES[final]), submitted, delivered)

    def choose_route(self, country: Country, moment: datetime) -> Route:
        """Return the country's route, or the outage's if it affects the country at that time."""
        start = self.midnight - world.OUTAGE_STARTED
        is_outage = country.code == world.OUTAGE_COUNTRY and start <= moment < start + world.OUTAGE_DURATION
        return world.OUTAGE_ROUTE if is_outage else country.route

    def draw_report_time(self, route: Route, submitted: datetime, final: str) -> datetime:
        """Draw the time at which the SMS is reported as `final`."""
        if final == "DELIVRD":
            return submitted + timedelta(seconds=route.median * self.rng.lognormvariate(0, world.DELIVERY_SIGMA))
        min_delay, mean = world.FAILURE_DELAYS[final]
        return self.draw_time_after(submitted + min_delay, mean)

    def draw_time_after(self, moment: datetime, mean: float) -> datetime:
        """Draw a time after `moment`, exponentially distributed with `mean` seconds."""
        return moment + timedelta(seconds=self.rng.expovariate(1 / mean))

    def compute_cost(self, country: Country, parts: int, outcome: SmsOutcome) -> str:
        """Return the cost in the account's currency; an SMS that was never submitted costs nothing."""
        return "0" if outcome.status == "failed" else _multiply_price(country.price, self.account.factor, parts)


@cache
def _multiply_price(price: Decimal, factor: Decimal, parts: int) -> str:
    """Return the list price in the account's currency, rounded to six decimals, times the parts."""
    return str((price * factor).quantize(Decimal("0.000001")) * parts)


def draw_uuid(rng: random.Random) -> str:
    """Draw a version 4 UUID. This takes a third of the time of the standard library's class."""
    digits = f"{rng.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def format_utc(moment: datetime | None) -> str | None:
    """Format a UTC time as the record format requires."""
    return None if moment is None else moment.isoformat()[: -len("+00:00")] + "Z"
