"""What was sent in the hours compared, and what of it was delivered in time: by country, by sender, by both."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from django.db.models import F, Value
from django.db.models.functions import Coalesce

from smsreports.database.compiled import CompiledQuery
from smsreports.queries.source_query import SourceQuery
from smsreports.reports.health.hours import WEEKS, ComparedHours
from smsreports.sms.abstract import build_in_time_expression
from smsreports.sources import SourceTable

# Countries, senders and routes that are looked at, the largest of each; there are about 240 countries.
MAX_SLICES_PER_KIND = 250
COUNT_COLUMNS = ("sender_id", "country", "in_time")
# A sender and a country; None is any of them. A route has both, and everything neither.
SliceKey = tuple[str | None, str | None]
EVERYTHING: SliceKey = (None, None)


@dataclass(frozen=True)
class SmsCount:
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
WeeklyCounts = tuple[SmsCount, ...]
NO_COUNTS: WeeklyCounts = (SmsCount(),) * len(WEEKS)


def sum_counts(parts: Iterable[WeeklyCounts]) -> WeeklyCounts:
    counts = [NO_COUNTS, *parts]
    return tuple(
        SmsCount(sum(one.sent for one in day), sum(one.in_time for one in day)) for day in zip(*counts, strict=True)
    )


def is_route(key: SliceKey) -> bool:
    return None not in key


def get_kind(key: SliceKey) -> str:
    sender, country = key
    if country is None:
        return "everything" if sender is None else "sender"
    return "country" if sender is None else "route"


def is_within(route: SliceKey, key: SliceKey) -> bool:
    """Whether the route is part of the slice."""
    return all(wanted in (None, part) for part, wanted in zip(route, key, strict=True))


def load_slices(queries: Sequence[SourceQuery], hours: ComparedHours) -> Mapping[SliceKey, WeeklyCounts]:
    """The largest slices of each kind, largest first, and their days.

    Raw SQL, because the ORM has no grouping sets, nor a limit for each kind of group.
    """
    rows = [_build_week_query(leg, week) for week in WEEKS for leg in hours.narrow_queries(queries, week)]
    statement = CompiledQuery(
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
        [*(param for one in rows for param in one.params), MAX_SLICES_PER_KIND],
    )
    return _group_by_key(statement.fetch_all())


def _group_by_key(rows: Iterable[tuple[Any, ...]]) -> Mapping[SliceKey, WeeklyCounts]:
    days: dict[SliceKey, list[SmsCount]] = defaultdict(lambda: list(NO_COUNTS))
    for sender, country, week, sent, arrived in rows:
        days[sender, country][week] = SmsCount(sent, arrived)
    return {key: tuple(counts) for key, counts in days.items()}


def _build_week_query(leg: SourceQuery, week: int) -> CompiledQuery:
    rows = SourceQuery(_select_count_columns(leg.table), leg.values).select_unordered(COUNT_COLUMNS)
    return CompiledQuery(
        f"SELECT {int(week)} AS week, r.* FROM ({rows.sql}) AS r ({', '.join(COUNT_COLUMNS)})", rows.params
    )


@cache
def _select_count_columns(rows: SourceTable) -> SourceTable:
    """The same rows, showing what they are counted by."""
    expressions = (F("sender_id"), Coalesce(F("country"), Value("")), build_in_time_expression(rows.time_field))
    return replace(rows, columns=dict(zip(COUNT_COLUMNS, expressions, strict=True)))
