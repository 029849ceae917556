"""Counts of the SMS in the compared hours, and of those delivered in time: by country, by sender, and by both."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from django.db.models import F, Value
from django.db.models.functions import Coalesce

from smsreports.database.compiled import CompiledQuery
from smsreports.queries.source_query import SourceQuery
from smsreports.reports.health.hours import WEEKS, ComparedHours
from smsreports.sms.abstract import build_in_time_expression
from smsreports.sources import SourceTable

# Maximum number of countries, of senders and of routes. The largest are kept; there are about 240 countries.
MAX_SLICES_PER_KIND = 250
COUNT_COLUMNS = ("sender_id", "country", "in_time")
# Sender and country; None is any. A route has both, EVERYTHING neither.
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
        """Percentage in time; None if no SMS was sent."""
        return 100 * self.in_time / self.sent if self.sent else None


# Counts of today, and of one, two, three and four weeks ago.
WeeklyCounts = tuple[SmsCount, ...]
NO_COUNTS: WeeklyCounts = (SmsCount(),) * len(WEEKS)


def sum_counts(parts: Iterable[WeeklyCounts]) -> WeeklyCounts:
    days = zip(NO_COUNTS, *parts, strict=True)
    return tuple(SmsCount(sum(count.sent for count in day), sum(count.in_time for count in day)) for day in days)


def is_route(key: SliceKey) -> bool:
    return None not in key


def get_kind(key: SliceKey) -> str:
    sender, country = key
    if country is None:
        return "everything" if sender is None else "sender"
    return "country" if sender is None else "route"


def is_within(route: SliceKey, key: SliceKey) -> bool:
    """Return whether the route is part of the slice."""
    return all(slice_part in (None, part) for part, slice_part in zip(route, key, strict=True))


def load_slices(queries: Sequence[SourceQuery], hours: ComparedHours) -> Mapping[SliceKey, WeeklyCounts]:
    """Return the counts of the largest slices of each kind, largest first.

    Raw SQL, because the ORM has no grouping sets, and no limit for each kind of group.
    """
    week_queries = [_build_week_query(query, week) for week in WEEKS for query in hours.narrow_queries(queries, week)]
    statement = CompiledQuery(
        f"""WITH cells AS (
                SELECT sender_id, country, week, count(*) AS sent, count(*) FILTER (WHERE in_time) AS in_time
                FROM ({" UNION ALL ".join(query.sql for query in week_queries)}) r GROUP BY sender_id, country, week
            ), slices AS (
                SELECT sender_id, country, week, grouping(sender_id, country) AS kind, sum(sent)::bigint AS sent,
                    sum(in_time)::bigint AS in_time
                FROM cells
                GROUP BY GROUPING SETS ((week), (sender_id, week), (country, week), (sender_id, country, week))
            ), sized AS (
                SELECT *, sum(sent) OVER (PARTITION BY kind, sender_id, country) AS size FROM slices
            ), ranked AS (
                SELECT *, dense_rank() OVER (PARTITION BY kind ORDER BY size DESC, sender_id, country) AS rank
                FROM sized
            )
            SELECT sender_id, country, week, sent, in_time FROM ranked WHERE rank <= %s ORDER BY kind DESC, rank""",
        [*(param for query in week_queries for param in query.params), MAX_SLICES_PER_KIND],
    )
    counts: dict[SliceKey, list[SmsCount]] = defaultdict(lambda: list(NO_COUNTS))
    for sender, country, week, sent, in_time in statement.fetch_all():
        counts[sender, country][week] = SmsCount(sent, in_time)
    return {key: tuple(by_week) for key, by_week in counts.items()}


def _build_week_query(query: SourceQuery, week: int) -> CompiledQuery:
    rows = SourceQuery(_select_count_columns(query.table), query.values).select_unordered(COUNT_COLUMNS)
    return CompiledQuery(
        f"SELECT {int(week)} AS week, r.* FROM ({rows.sql}) AS r ({', '.join(COUNT_COLUMNS)})", rows.params
    )


@cache
def _select_count_columns(table: SourceTable) -> SourceTable:
    """Return the table with COUNT_COLUMNS, by which its rows are counted."""
    expressions = (F("sender_id"), Coalesce(F("country"), Value("")), build_in_time_expression(table.time_field))
    return replace(table, columns=dict(zip(COUNT_COLUMNS, expressions, strict=True)))
