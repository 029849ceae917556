"""How long delivery took, from a bounded sample of rows: no counter knows it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from smsreports.api.legs import Leg
from smsreports.reports.selection import Selection
from smsreports.statements import Statement
from smsreports.statuses import Group

# Of fewer SMS, the middle one says nothing about the others.
LEAST = 20


@dataclass(frozen=True)
class Quantile:
    """A time to delivery; with `at_least`, SMS on their way may still make it longer."""

    took: timedelta
    at_least: bool


@dataclass(frozen=True)
class Speed:
    """Of so many SMS, delivered and on their way: the middle one's time to delivery, and that of 95 in 100."""

    sampled: int
    median: Quantile
    p95: Quantile


def sampled(selection: Selection, now: datetime, sample: int, *by: str) -> Statement:
    """By the dimensions `by` (`sender_id`, `country`), those with at least LEAST SMS among the newest `sample` rows
    of each source, which lie together.

    An SMS on its way counts as having taken at least until `now`; what failed was never delivered, and the rate
    tells of that. A quantile is exact unless one that is on its way has waited no longer than it. `speeds` reads
    the rows.
    Raw SQL, because the ORM has neither ordered-set aggregates nor a union of limited queries to group.
    """
    parts = [_sampled(leg, now, sample) for leg in selection.listing.legs]
    names = ", ".join(by)
    return Statement(
        f"""SELECT {names}, count(*), percentile_disc(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY took),
                min(took) FILTER (WHERE waits)
            FROM ({" UNION ALL ".join(part.sql for part in parts)}) s GROUP BY {names} HAVING count(*) >= %s""",
        [*(param for part in parts for param in part.params), LEAST],
    )


def speeds(rows: Iterable[tuple[Any, ...]], by: int) -> dict[tuple[str, ...], Speed]:
    """By the `by` dimensions of the sample."""
    return {row[:by]: _speed(*row[by:]) for row in rows}


def _speed(sampled: int, quantiles: list[timedelta], waiting: timedelta | None) -> Speed:
    median, p95 = (Quantile(took, waiting is not None and waiting <= took) for took in quantiles)
    return Speed(sampled, median, p95)


def _sampled(leg: Leg, now: datetime, sample: int) -> Statement:
    """The newest rows of what one index finds; the other filters only choose among these, so that a rare
    pair of sender and country is no reason to read a table. Words are sorted by their bytes: any order will do."""
    values = dict(leg.values)
    outside: dict[str, Any] = {"status_group": values.pop("status", None)}
    nowhere = ""
    if "sender" in values:
        outside["country"] = values.pop("country", None)
        nowhere = " AND country IS NULL" if values.pop("no_country", None) else ""
    time = leg.source.time
    rows = Leg(leg.source, values).only("sender_id", "country", "status_group", "delivered_at", time, "id")
    given = {name: value for name, value in outside.items() if value is not None}
    chosen = "".join(f" AND {name} = %s" for name in given) + nowhere
    return Statement(
        f"""(SELECT sender_id COLLATE "C" AS sender_id, coalesce(country, '') COLLATE "C" AS country,
                status_group = '{Group.PENDING}' AS waits,
                greatest(coalesce(delivered_at, %s) - {time}, interval '0') AS took
            FROM ({rows.sql} ORDER BY {time} DESC, id DESC LIMIT %s) t
            WHERE (status_group = '{Group.PENDING}' OR
                   status_group = '{Group.DELIVERED}' AND delivered_at IS NOT NULL){chosen})""",
        [now, *rows.params, sample, *given.values()],
    )
