"""Generator of demo traffic: three accounts over 90 days. The same seed gives the same records."""

import heapq
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import accumulate, pairwise
from operator import itemgetter

from smsreports.demo import world
from smsreports.demo.numbers import draw_number
from smsreports.demo.texts import CAMPAIGN_NAMES, CAMPAIGN_TEXTS, LOGIN_TEXTS, NOTICE_TEXTS
from smsreports.demo.traffic import RecordDict, Traffic, draw_uuid, format_utc
from smsreports.demo.world import ACCOUNTS, DAYS, Country
from smsreports.sms.segments import count_segments

__all__ = ["ACCOUNTS", "RecordDict", "count_records", "generate_records"]

HOUR, MICROSECOND = timedelta(hours=1), timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Time of an event that may not happen.
OptionalTime = datetime | None
# A record and its time, by which streams are merged.
TimedRecord = tuple[datetime, RecordDict]


def generate_records(
    *, seed: int | str, messages: int, sends: int, until: datetime, days: int = DAYS, edition: str = ""
) -> Iterator[RecordDict]:
    """Generate records of the ingest format, ordered by time, over the `days` before `until`.

    The result has exactly `messages` messages and `sends` sends, and each broadcast before its first send. Costs are in
    the account's currency; no time is after `until`. The result depends on the arguments alone, and on the version of
    phonenumbers, whose example numbers the recipients are made from. `edition` is part of the broadcasts' keys, so that
    periods that follow each other have different ones. Memory does not grow with the counts.

    Raises ValueError if `until` is naive.
    """
    if until.tzinfo is None:
        raise ValueError("until must be an aware datetime")
    end = until.astimezone(UTC)
    shares = [account.share for account in ACCOUNTS]
    streams: list[Iterator[TimedRecord]] = []
    for kind, total in ((_Requests, messages), (_Campaigns, sends)):
        for account, count in zip(ACCOUNTS, _split_total(total, shares), strict=True):
            # The names of the two classes are part of the seed. Renaming one would change the traffic.
            rng = random.Random(f"{seed} {kind.__name__} {account.name}")  # noqa: S311  guards no secret
            streams.append(kind(account, end, rng, days, edition).generate_timed(count))
    return map(itemgetter(1), heapq.merge(*streams, key=itemgetter(0)))


def count_records(*, messages: int, sends: int) -> int:
    """Return the number of records for so many messages and sends: these and their broadcasts."""
    shares = [account.share for account in ACCOUNTS]
    return messages + sends + sum(_count_campaigns(count, DAYS) for count in _split_total(sends, shares))


def _count_campaigns(sends: int, days: int) -> int:
    """Return the number of broadcasts that an account divides its sends into."""
    return min(-(-sends // world.CAMPAIGN_SIZE), world.MAX_CAMPAIGNS, days - 1)


def _split_total(total: int, weights: Sequence[float]) -> list[int]:
    """Split `total` into whole numbers in the proportions of `weights`. Rounding errors do not add up."""
    running = list(accumulate(weights))
    ends = [round(total * (end / running[-1])) for end in running]
    return [end - start for start, end in pairwise([0, *ends])]


class _Requests(Traffic):
    """API traffic: login codes and notices, which follow the local time of the account's countries."""

    def generate_timed(self, count: int) -> Iterator[TimedRecord]:
        """Generate `count` messages, ordered by time. A large request is deducted from the following hours."""
        begin = self.until - self.days * 24 * HOUR
        remaining, due = count, 0
        for hour, expected in enumerate(_split_total(count, self.compute_hour_weights(begin))):
            due += expected
            sizes = []
            while due > 0:
                sizes.append(min(self.draw_recipient_count(), remaining))
                due -= sizes[-1]
                remaining -= sizes[-1]
            times = sorted(begin + (hour + self.rng.random()) * HOUR for _ in sizes)
            for created, size in zip(times, sizes, strict=True):
                yield from self.generate_request(created, size)

    def compute_hour_weights(self, begin: datetime) -> list[float]:
        """Return the relative amount of traffic of each hour from `begin` on."""
        # A shorter period has the growth of the last days of a whole one.
        growth_days = range(DAYS - self.days, DAYS)
        day_weights = [self.rng.gauss(1 + world.GROWTH * day / DAYS, world.NOISE) for day in growth_days]
        first_hour = _get_hour_of_week(begin + HOUR / 2)
        week = [totals[-1] for totals in self.week_weights]
        return [day_weights[hour // 24] * week[(first_hour + hour) % len(week)] for hour in range(self.days * 24)]

    @cached_property
    def week_weights(self) -> list[list[float]]:
        """Running totals of the countries' weights, for each hour of the UTC week."""
        markets = self.account.markets
        return [
            list(accumulate(markets[country.code] * country.get_hour_weight(hour) for country in self.countries))
            for hour in range(world.HOURS_OF_WEEK)
        ]

    def draw_recipient_count(self) -> int:
        """Draw the number of recipients of a request: mostly one, sometimes several, and rarely many."""
        if self.rng.random() >= world.SEVERAL_SHARE:
            return 1
        return 2 + int(self.rng.random() ** 2 * (world.MAX_RECIPIENTS - 1))

    def generate_request(self, created: datetime, size: int) -> Iterator[TimedRecord]:
        """Generate the messages of one request: `size` messages of the same time, text and country."""
        country = self.rng.choices(self.countries, cum_weights=self.week_weights[_get_hour_of_week(created)])[0]
        is_login = size == 1 and self.rng.random() < world.LOGIN_SHARE
        text = self.draw_text(LOGIN_TEXTS if is_login else NOTICE_TEXTS, country.language)
        to_group = size > 1 and self.rng.random() < world.TO_GROUP_SHARE
        shared: RecordDict = {
            "request_id": draw_uuid(self.rng),
            "country": country.code,
            "sender_id": self.account.senders.login if is_login else self.account.senders.notice,
            "message": text,
            "contact_group_id": self.rng.choice(self.groups) if to_group else None,
            "created_at": format_utc(created),
        }
        parts = count_segments(text)
        for _ in range(size):
            yield created, self.build_message(created, country, parts) | shared

    def draw_client_message_id(self, created: datetime) -> str:
        """Draw an id in the vendor's form: `api_`, the user, nanoseconds since 1970, 16 hexadecimal digits."""
        nanoseconds = (created - EPOCH) // MICROSECOND * 1000 + int(self.rng.random() * 1000)
        return f"api_{self.account.user}_{nanoseconds}_{self.rng.getrandbits(64):016x}"

    def build_message(self, created: datetime, country: Country, parts: int) -> RecordDict:
        """Return the fields that differ between the messages of a request."""
        is_held = self.rng.random() < world.HELD_SHARE or created > self.until - world.JAM_DURATION
        outcome = self.draw_outcome(country, created, world.HELD_QUEUE_SECONDS if is_held else world.QUEUE_SECONDS)
        return {
            "type": "message",
            "account": self.account.name,
            "client_message_id": self.draw_client_message_id(created),
            "message_id": draw_uuid(self.rng) if outcome.submitted else None,
            "recipient": draw_number(self.rng, country.code),
            "status": outcome.status,
            "status_code": outcome.code,
            "segments": parts,
            "cost": self.compute_cost(country, parts, outcome),
            "sent_at": format_utc(outcome.submitted),
            "delivered_at": format_utc(outcome.delivered),
        }


@dataclass(frozen=True)
class _Campaign:
    """Broadcast: text, countries, and the shares of people who click and act."""

    key: str
    name: str
    text: str
    parts: int
    audience: list[Country]
    weights: list[int]  # running totals, as `random.choices` wants them
    clicks: float
    actions: float


class _Campaigns(Traffic):
    """Broadcasts: at most one a day. Each ends before the next begins, so that the records are ordered by time."""

    def generate_timed(self, count: int) -> Iterator[TimedRecord]:
        """Generate `count` sends, ordered by time, those of each campaign after its broadcast."""
        starts = self.draw_starts(_count_campaigns(count, self.days))
        sizes = _split_total(count, [self.rng.lognormvariate(0, world.CAMPAIGN_SIZE_SIGMA) for _ in starts])
        for position, (start, size) in enumerate(zip(starts, sizes, strict=True), 1):
            campaign = self.draw_campaign(position)
            yield self.build_broadcast(campaign, start)
            for sent in self.draw_send_times(start, size):
                yield sent, self.build_send(campaign, sent)

    def draw_starts(self, count: int) -> list[datetime]:
        """Draw start times on `count` different days. The first account's last campaign is running at the end."""
        first, last = self.account.campaign_hours
        days = sorted(self.rng.sample(range(1, self.days), count), reverse=True)
        starts = [self.midnight - day * 24 * HOUR + self.rng.uniform(first, last) * HOUR for day in days]
        if starts and self.account is ACCOUNTS[0]:
            starts[-1] = self.until - world.RUNNING_SINCE
        return starts

    def draw_send_times(self, start: datetime, size: int) -> Iterator[datetime]:
        """Draw the times at which `size` sends are queued: at an even pace, up to the end if it is still running."""
        remaining = self.until - start
        planned = timedelta(
            seconds=min(max(size * world.SECONDS_PER_SEND, world.MIN_CAMPAIGN_SECONDS), world.MAX_CAMPAIGN_SECONDS)
        )
        duration = remaining if remaining <= world.RUNNING_SINCE else planned
        return (start + duration * ((position + self.rng.random()) / size) for position in range(size))

    def draw_campaign(self, position: int) -> _Campaign:
        """Draw the account's campaign number `position`, in the language of one of its countries."""
        name = self.rng.choice(CAMPAIGN_NAMES)
        markets = self.account.markets
        language = self.rng.choices(self.countries, weights=list(markets.values()))[0].language
        audience = [country for country in self.countries if country.language == language]
        text = self.draw_text(CAMPAIGN_TEXTS, language)
        return _Campaign(
            key=f"{name.lower().replace(' ', '-')}-{self.edition}{position:03}",
            name=f"{name} {language.upper()} #{self.edition}{position}",
            text=text,
            parts=count_segments(text),
            audience=audience,
            weights=list(accumulate(markets[country.code] for country in audience)),
            clicks=self.rng.uniform(*world.CLICK_SHARES),
            actions=self.rng.uniform(*world.ACTION_SHARES),
        )

    def build_broadcast(self, campaign: _Campaign, start: datetime) -> TimedRecord:
        created = start - timedelta(seconds=self.rng.uniform(*world.PREPARATION_SECONDS))
        to_group = self.rng.random() < world.TO_GROUP_SHARE
        return created, {
            "type": "broadcast",
            "account": self.account.name,
            "broadcast": campaign.key,
            "name": campaign.name,
            "message": campaign.text,
            "sender_id": self.account.senders.campaign,
            "contact_group_id": self.rng.choice(self.groups) if to_group else None,
            "created_at": format_utc(created),
        }

    def build_send(self, campaign: _Campaign, queued: datetime) -> RecordDict:
        country = self.rng.choices(campaign.audience, cum_weights=campaign.weights)[0]
        outcome = self.draw_outcome(country, queued, world.CAMPAIGN_QUEUE_SECONDS)
        clicked, acted = self.draw_reaction(campaign, outcome.delivered)
        return {
            "type": "send",
            "account": self.account.name,
            "broadcast": campaign.key,
            "message_id": draw_uuid(self.rng),
            "recipient": draw_number(self.rng, country.code),
            "country": country.code,
            "sender_id": self.account.senders.campaign,
            "message": campaign.text,
            "status": outcome.status,
            "status_code": outcome.code,
            "segments": campaign.parts,
            "cost": self.compute_cost(country, campaign.parts, outcome),
            "sent_at": format_utc(queued),
            "delivered_at": format_utc(outcome.delivered),
            "clicked_at": format_utc(clicked),
            "action_type": self.rng.choice(world.ACTION_TYPES) if acted else None,
            "action_at": format_utc(acted),
        }

    def draw_reaction(self, campaign: _Campaign, delivered: OptionalTime) -> tuple[OptionalTime, OptionalTime]:
        """Draw the times of a click and of the registration or deposit after it; None if it has not happened."""
        clicked = self.draw_later_or_none(delivered, campaign.clicks, world.CLICK_SECONDS)
        return clicked, self.draw_later_or_none(clicked, campaign.actions, world.ACTION_SECONDS)

    def draw_later_or_none(self, moment: OptionalTime, share: float, mean: float) -> OptionalTime:
        """Draw a time that is `mean` seconds after `moment` on average.

        Returns None in all but `share` of the cases, and if the time is in the future.
        """
        if moment is None or self.rng.random() >= share:
            return None
        later = self.draw_time_after(moment, mean)
        return later if later <= self.until else None


def _get_hour_of_week(moment: datetime) -> int:
    """Return the hour of the UTC week; 0 is the first hour of Monday."""
    return moment.weekday() * 24 + moment.hour
