"""What was sent in the hours compared, and what of it was delivered in time: by country, by sender, by both."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from django.db.models import F, Value
from django.db.models.functions import Coalesce

from smsreports.api.legs import Leg
from smsreports.api.sms import in_time
from smsreports.reports.health.hours import WEEKS, Hours
from smsreports.sources import Rows
from smsreports.statements import Statement

# Countries, senders and routes that are looked at, the largest of each; there are about 240 countries.
MOST_SLICES = 250
COLUMNS = ("sender_id", "country", "in_time")
# A sender and a country; None is any of them. A route has both, and everything neither.
Key = tuple[str | None, str | None]
EVERYTHING: Key = (None, None)


@dataclass(frozen=True)
class Count:
    """SMS of one day's hours."""

    sent: int = 0
    in_time: int = 0

    @property
    def missed(self) -> int:
        return self.sent - self.in_time

    @property
    def rate(self) -> float | None:
        """Of 100 sent."""
        return 100 * self.in_time / self.sent if self.sent else None


# Of today, and of one, two, three and four weeks ago.
Days = tuple[Count, ...]
NOTHING: Days = (Count(),) * len(WEEKS)


def added(every: Iterable[Days]) -> Days:
    counts = [NOTHING, *every]
    return tuple(
        Count(sum(one.sent for one in day), sum(one.in_time for one in day)) for day in zip(*counts, strict=True)
    )


def is_route(key: Key) -> bool:
    return None not in key


def kind_of(key: Key) -> str:
    sender, country = key
    if country is None:
        return "everything" if sender is None else "sender"
    return "country" if sender is None else "route"


def within(route: Key, key: Key) -> bool:
    """Whether the route is part of the slice."""
    return all(wanted in (None, part) for part, wanted in zip(route, key, strict=True))


def counted(legs: Sequence[Leg], hours: Hours) -> Mapping[Key, Days]:
    """The largest slices of each kind, largest first, and their days.

    Raw SQL, because the ORM has no grouping sets, nor a limit for each kind of group.
    """
    rows = [_read(leg, week) for week in WEEKS for leg in hours.legs(legs, week)]
    found = Statement(
        f"""WITH cells AS (
                SELECT sender_id, country, week, count(*) AS sent, count(*) FILTER (WHERE in_time) AS in_time
                FROM ({" UNION ALL ".join(one.sql for one in rows)}) r GROUP BY sender_id, country, week
            ), slices AS (
                SELECT sender_id, country, week, grouping(sender_id, country) AS kind, sum(sent)::bigint AS sent,
                    sum(in_time)::bigint AS in_time
                FROM cells
                GROUP BY GROUPING SETS ((week), (sender_id, week), (country, week), (sender_id, country, week))
            ), sized AS (
                SELECT *, sum(sent) OVER (PARTITION BY kind, sender_id, country) AS size FROM slices
            ), placed AS (
                SELECT *, dense_rank() OVER (PARTITION BY kind ORDER BY size DESC, sender_id, country) AS place
                FROM sized
            )
            SELECT sender_id, country, week, sent, in_time FROM placed WHERE place <= %s ORDER BY kind DESC, place""",
        [*(param for one in rows for param in one.params), MOST_SLICES],
    )
    return _by_key(found.rows())


def _by_key(rows: Iterable[tuple[Any, ...]]) -> Mapping[Key, Days]:
    days: dict[Key, list[Count]] = defaultdict(lambda: list(NOTHING))
    for sender, country, week, sent, arrived in rows:
        days[sender, country][week] = Count(sent, arrived)
    return {key: tuple(counts) for key, counts in days.items()}


def _read(leg: Leg, week: int) -> Statement:
    rows = Leg(_judged(leg.source), leg.values).showing(COLUMNS)
    return Statement(f"SELECT {int(week)} AS week, r.* FROM ({rows.sql}) AS r ({', '.join(COLUMNS)})", rows.params)


@cache
def _judged(rows: Rows) -> Rows:
    """The same rows, showing what they are counted by."""
    own = (F("sender_id"), Coalesce(F("country"), Value("")), in_time(rows.time))
    return replace(rows, columns=dict(zip(COLUMNS, own, strict=True)))
