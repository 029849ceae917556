"""How long delivery took, from a bounded sample of rows: no counter knows it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from smsreports.database.compiled import CompiledQuery
from smsreports.queries.source_query import SourceQuery
from smsreports.reports.selection import Selection
from smsreports.sms.statuses import StatusGroup

# Of fewer SMS, the middle one says nothing about the others.
MIN_SAMPLED_SMS = 20


@dataclass(frozen=True)
class Quantile:
    """A time to delivery; with `is_lower_bound`, SMS on their way may still make it longer."""

    duration: timedelta
    is_lower_bound: bool


@dataclass(frozen=True)
class Latency:
    """Of so many SMS, delivered and on their way: the middle one's time to delivery, and that of 95 in 100."""

    sample_size: int
    median: Quantile
    p95: Quantile


def build_latency_query(selection: Selection, now: datetime, rows_per_source: int, *dimensions: str) -> CompiledQuery:
    """By the `dimensions` (`sender_id`, `country`), those with at least MIN_SAMPLED_SMS SMS among the newest `sample`
    rows
    of each source, which lie together.

    An SMS on its way counts as having taken at least until `now`; what failed was never delivered, and the rate
    tells of that. A quantile is exact unless one that is on its way has waited no longer than it. `parse_latencies`
    reads
    the rows.
    Raw SQL, because the ORM has neither ordered-set aggregates nor a union of limited queries to group.
    """
    parts = [_build_sample_query(leg, now, rows_per_source) for leg in selection.listing.legs]
    names = ", ".join(dimensions)
    return CompiledQuery(
        f"""SELECT {names}, count(*), percentile_disc(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY took),
                min(took) FILTER (WHERE waits)
            FROM ({" UNION ALL ".join(part.sql for part in parts)}) s GROUP BY {names} HAVING count(*) >= %s""",
        [*(param for part in parts for param in part.params), MIN_SAMPLED_SMS],
    )


def parse_latencies(rows: Iterable[tuple[Any, ...]], dimension_count: int) -> dict[tuple[str, ...], Latency]:
    """By the `dimension_count` dimensions of the sample."""
    return {row[:dimension_count]: _parse_latency(*row[dimension_count:]) for row in rows}


def _parse_latency(sample_size: int, quantiles: list[timedelta], waiting: timedelta | None) -> Latency:
    median, p95 = (Quantile(took, waiting is not None and waiting <= took) for took in quantiles)
    return Latency(sample_size, median, p95)


def _build_sample_query(leg: SourceQuery, now: datetime, max_rows: int) -> CompiledQuery:
    """The newest rows of what one index finds; the other filters only choose among these, so that a rare
    pair of sender and country is no reason to read a table. Words are sorted by their bytes: any order will do."""
    values = dict(leg.values)
    outside: dict[str, Any] = {"status_group": values.pop("status", None)}
    no_country = ""
    if "sender" in values:
        outside["country"] = values.pop("country", None)
        no_country = " AND country IS NULL" if values.pop("no_country", None) else ""
    time = leg.table.time_field
    rows = SourceQuery(leg.table, values).select_columns(
        "sender_id", "country", "status_group", "delivered_at", time, "id"
    )
    given = {name: value for name, value in outside.items() if value is not None}
    chosen = "".join(f" AND {name} = %s" for name in given) + no_country
    return CompiledQuery(
        f"""(SELECT sender_id COLLATE "C" AS sender_id, coalesce(country, '') COLLATE "C" AS country,
                status_group = '{StatusGroup.PENDING}' AS waits,
                greatest(coalesce(delivered_at, %s) - {time}, interval '0') AS took
            FROM ({rows.sql} ORDER BY {time} DESC, id DESC LIMIT %s) t
            WHERE (status_group = '{StatusGroup.PENDING}' OR
                   status_group = '{StatusGroup.DELIVERED}' AND delivered_at IS NOT NULL){chosen})""",
        [now, *rows.params, max_rows, *given.values()],
    )
