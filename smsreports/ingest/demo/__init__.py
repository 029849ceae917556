"""A made-up world of traffic: three accounts over 90 days, and for the same seed the same records."""

import heapq
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import accumulate, pairwise
from operator import itemgetter

from smsreports.ingest.demo import world
from smsreports.ingest.demo.numbers import number
from smsreports.ingest.demo.texts import CAMPAIGN_NAMES, CAMPAIGN_TEXTS, LOGIN_TEXTS, NOTICE_TEXTS
from smsreports.ingest.demo.traffic import Record, Traffic, uuid, written
from smsreports.ingest.demo.world import ACCOUNTS, DAYS, Country
from smsreports.ingest.segments import segments

__all__ = ["ACCOUNTS", "Record", "count_records", "records"]

HOUR, MICROSECOND = timedelta(hours=1), timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Of something that may not happen.
Moment = datetime | None
# A record and the moment it belongs to, by which streams are merged.
Timed = tuple[datetime, Record]


def records(
    *, seed: int | str, messages: int, sends: int, until: datetime, days: int = DAYS, edition: str = ""
) -> Iterator[Record]:
    """Records of the ingest format, ordered by time, over the `days` before `until`.

    Exactly `messages` of type message and `sends` of type send, and the broadcasts those belong to, each
    before its first send. Money is in the account's currency; no time is after `until`. The arguments alone
    decide the result (and the version of phonenumbers, from whose example numbers the recipients are made).
    `edition` tells the broadcasts of worlds that follow each other apart. Memory does not grow with the counts.
    ValueError where `until` is naive.
    """
    if until.tzinfo is None:
        raise ValueError("until must be an aware datetime")
    end = until.astimezone(UTC)
    shares = [account.share for account in ACCOUNTS]
    streams: list[Iterator[Timed]] = []
    for kind, total in ((_Requests, messages), (_Campaigns, sends)):
        for account, count in zip(ACCOUNTS, _split(total, shares), strict=True):
            rng = random.Random(f"{seed} {kind.__name__} {account.name}")  # noqa: S311  guards no secret
            streams.append(kind(account, end, rng, days, edition).stream(count))
    return map(itemgetter(1), heapq.merge(*streams, key=itemgetter(0)))


def count_records(*, messages: int, sends: int) -> int:
    """Return how many records `records` makes of so many messages and sends: these, and their broadcasts."""
    shares = [account.share for account in ACCOUNTS]
    return messages + sends + sum(_campaigns(count, DAYS) for count in _split(sends, shares))


def _campaigns(sends: int, days: int) -> int:
    """Return how many broadcasts an account makes of so many sends."""
    return min(-(-sends // world.CAMPAIGN_SIZE), world.MOST_CAMPAIGNS, days - 1)


def _split(total: int, weights: Sequence[float]) -> list[int]:
    """`total` cut into whole numbers in the proportions of `weights`, as near as running totals allow."""
    running = list(accumulate(weights))
    ends = [round(total * (end / running[-1])) for end in running]
    return [end - start for start, end in pairwise([0, *ends])]


class _Requests(Traffic):
    """API traffic: login codes and notices, as the people of the account's countries wake, work and sleep."""

    def stream(self, count: int) -> Iterator[Timed]:
        """`count` messages by time. A large request may use up what the next hours would have had."""
        begin = self.until - self.days * 24 * HOUR
        left, due = count, 0
        for hour, expected in enumerate(_split(count, self.hours(begin))):
            due += expected
            sizes = []
            while due > 0:
                sizes.append(min(self.recipients(), left))
                due -= sizes[-1]
                left -= sizes[-1]
            times = sorted(begin + (hour + self.rng.random()) * HOUR for _ in sizes)
            for created, size in zip(times, sizes, strict=True):
                yield from self.request(created, size)

    def hours(self, begin: datetime) -> list[float]:
        """How much traffic each hour from `begin` on carries, compared with the others."""
        # A shorter world is the end of the growth that a whole one shows.
        grown = range(DAYS - self.days, DAYS)
        days = [self.rng.gauss(1 + world.GROWTH * day / DAYS, world.NOISE) for day in grown]
        first = _hour_of_week(begin + HOUR / 2)
        week = [totals[-1] for totals in self.week]
        return [days[hour // 24] * week[(first + hour) % len(week)] for hour in range(self.days * 24)]

    @cached_property
    def week(self) -> list[list[float]]:
        """For each hour of the UTC week, the running totals of the countries' weights."""
        markets = self.account.markets
        return [
            list(accumulate(markets[country.code] * country.rhythm(hour) for country in self.countries))
            for hour in range(world.HOURS_OF_WEEK)
        ]

    def recipients(self) -> int:
        """How many a request has: mostly one, now and then several, and then rather few than many."""
        if self.rng.random() >= world.SEVERAL:
            return 1
        return 2 + int(self.rng.random() ** 2 * (world.MOST_RECIPIENTS - 1))

    def request(self, created: datetime, size: int) -> Iterator[Timed]:
        """One request: `size` messages of the same time, text and country."""
        country = self.rng.choices(self.countries, cum_weights=self.week[_hour_of_week(created)])[0]
        login = size == 1 and self.rng.random() < world.LOGINS
        text = self.text(LOGIN_TEXTS if login else NOTICE_TEXTS, country.language)
        to_group = size > 1 and self.rng.random() < world.TO_GROUP
        shared: Record = {
            "request_id": uuid(self.rng),
            "country": country.code,
            "sender_id": self.account.senders.login if login else self.account.senders.notice,
            "message": text,
            "contact_group_id": self.rng.choice(self.groups) if to_group else None,
            "created_at": written(created),
        }
        parts = segments(text)
        for _ in range(size):
            yield created, self.message(created, country, parts) | shared

    def client_message_id(self, created: datetime) -> str:
        """The vendor's form: `api_`, the user, nanoseconds since 1970, 16 hexadecimal digits."""
        nanoseconds = (created - EPOCH) // MICROSECOND * 1000 + int(self.rng.random() * 1000)
        return f"api_{self.account.user}_{nanoseconds}_{self.rng.getrandbits(64):016x}"

    def message(self, created: datetime, country: Country, parts: int) -> Record:
        """What is one message's own within its request."""
        held = self.rng.random() < world.HELD or created > self.until - world.JAMMED
        fate = self.fate(country, created, world.HELD_QUEUE if held else world.QUEUE)
        return {
            "type": "message",
            "account": self.account.name,
            "client_message_id": self.client_message_id(created),
            "message_id": uuid(self.rng) if fate.submitted else None,
            "recipient": number(self.rng, country.code),
            "status": fate.status,
            "status_code": fate.code,
            "segments": parts,
            "cost": self.cost(country, parts, fate),
            "sent_at": written(fate.submitted),
            "delivered_at": written(fate.delivered),
        }


@dataclass(frozen=True)
class _Campaign:
    """One broadcast: what is sent to whom, and how people take it."""

    key: str
    name: str
    text: str
    parts: int
    audience: list[Country]
    weights: list[int]  # running totals, as `random.choices` wants them
    clicks: float
    actions: float


class _Campaigns(Traffic):
    """Broadcasts: at most one a day, over before the next begins, so that they follow each other in time."""

    def stream(self, count: int) -> Iterator[Timed]:
        """`count` sends by time, those of each campaign after its broadcast."""
        starts = self.starts(_campaigns(count, self.days))
        sizes = _split(count, [self.rng.lognormvariate(0, world.UNEVEN) for _ in starts])
        for position, (start, size) in enumerate(zip(starts, sizes, strict=True), 1):
            campaign = self.campaign(position)
            yield self.broadcast(campaign, start)
            for sent in self.times(start, size):
                yield sent, self.send(campaign, sent)

    def starts(self, count: int) -> list[datetime]:
        """Beginnings on `count` different days; the first account's last campaign is running at the end."""
        first, last = self.account.campaign_hours
        days = sorted(self.rng.sample(range(1, self.days), count), reverse=True)
        starts = [self.midnight - day * 24 * HOUR + self.rng.uniform(first, last) * HOUR for day in days]
        if starts and self.account is ACCOUNTS[0]:
            starts[-1] = self.until - world.RUNNING
        return starts

    def times(self, start: datetime, size: int) -> Iterator[datetime]:
        """When each of `size` sends is queued: at an even pace, and up to the end if it is still running."""
        left = self.until - start
        planned = timedelta(seconds=min(max(size * world.PACE, world.SHORTEST), world.LONGEST))
        lasts = left if left <= world.RUNNING else planned
        return (start + lasts * ((position + self.rng.random()) / size) for position in range(size))

    def campaign(self, position: int) -> _Campaign:
        """The account's campaign number `position`, in the language of one of its countries."""
        name = self.rng.choice(CAMPAIGN_NAMES)
        markets = self.account.markets
        language = self.rng.choices(self.countries, weights=list(markets.values()))[0].language
        audience = [country for country in self.countries if country.language == language]
        text = self.text(CAMPAIGN_TEXTS, language)
        return _Campaign(
            key=f"{name.lower().replace(' ', '-')}-{self.edition}{position:03}",
            name=f"{name} {language.upper()} #{self.edition}{position}",
            text=text,
            parts=segments(text),
            audience=audience,
            weights=list(accumulate(markets[country.code] for country in audience)),
            clicks=self.rng.uniform(*world.CLICKS),
            actions=self.rng.uniform(*world.ACTIONS),
        )

    def broadcast(self, campaign: _Campaign, start: datetime) -> Timed:
        created = start - timedelta(seconds=self.rng.uniform(*world.PREPARED))
        to_group = self.rng.random() < world.TO_GROUP
        return created, {
            "type": "broadcast",
            "account": self.account.name,
            "broadcast": campaign.key,
            "name": campaign.name,
            "message": campaign.text,
            "sender_id": self.account.senders.campaign,
            "contact_group_id": self.rng.choice(self.groups) if to_group else None,
            "created_at": written(created),
        }

    def send(self, campaign: _Campaign, queued: datetime) -> Record:
        country = self.rng.choices(campaign.audience, cum_weights=campaign.weights)[0]
        fate = self.fate(country, queued, world.CAMPAIGN_QUEUE)
        clicked, acted = self.reaction(campaign, fate.delivered)
        return {
            "type": "send",
            "account": self.account.name,
            "broadcast": campaign.key,
            "message_id": uuid(self.rng),
            "recipient": number(self.rng, country.code),
            "country": country.code,
            "sender_id": self.account.senders.campaign,
            "message": campaign.text,
            "status": fate.status,
            "status_code": fate.code,
            "segments": campaign.parts,
            "cost": self.cost(country, campaign.parts, fate),
            "sent_at": written(queued),
            "delivered_at": written(fate.delivered),
            "clicked_at": written(clicked),
            "action_type": self.rng.choice(world.ACTION_TYPES) if acted else None,
            "action_at": written(acted),
        }

    def reaction(self, campaign: _Campaign, delivered: Moment) -> tuple[Moment, Moment]:
        """When the recipient clicked, and then registered or paid, as far as that has happened."""
        clicked = self.perhaps(delivered, campaign.clicks, world.CLICK_AFTER)
        return clicked, self.perhaps(clicked, campaign.actions, world.ACTION_AFTER)

    def perhaps(self, moment: Moment, share: float, mean: float) -> Moment:
        """In `share` of the cases a later moment, by `mean` seconds on average, if that has come yet."""
        if moment is None or self.rng.random() >= share:
            return None
        later = self.after(moment, mean)
        return later if later <= self.until else None


def _hour_of_week(moment: datetime) -> int:
    """0 is the hour that begins Monday, UTC."""
    return moment.weekday() * 24 + moment.hour
