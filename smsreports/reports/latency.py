"""Time to delivery, from a bounded sample of rows, because no counter has it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from smsreports.database.compiled import CompiledQuery
from smsreports.queries.source_query import SourceQuery
from smsreports.reports.selection import Selection
from smsreports.sms.statuses import StatusGroup

# Minimum sample. The median of fewer SMS is not meaningful.
MIN_SAMPLED_SMS = 20


@dataclass(frozen=True)
class Quantile:
    """Time to delivery. With `is_lower_bound`, pending SMS may still make it longer."""

    duration: timedelta
    is_lower_bound: bool


@dataclass(frozen=True)
class Latency:
    """Median and 95th percentile of the time to delivery. The sample has delivered and pending SMS."""

    sample_size: int
    median: Quantile
    p95: Quantile


def build_latency_query(selection: Selection, now: datetime, rows_per_source: int, *dimensions: str) -> CompiledQuery:
    """Compile the query of the latencies by `dimensions` (`sender_id`, `country`). `parse_latencies` reads its rows.

    The sample is the newest `rows_per_source` rows of each source, which lie together. Groups of fewer than
    MIN_SAMPLED_SMS SMS are left out. A pending SMS counts as having taken at least until `now`; failed ones are not
    part of the sample, since the delivery rate has them. A quantile is exact unless a pending SMS has waited no longer
    than that.
    Raw SQL, because the ORM has neither ordered-set aggregates nor a union of limited queries to group.
    """
    samples = [_build_sample_query(query, now, rows_per_source) for query in selection.listing.source_queries]
    names = ", ".join(dimensions)
    return CompiledQuery(
        f"""SELECT {names}, count(*), percentile_disc(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY duration),
                min(duration) FILTER (WHERE is_pending)
            FROM ({" UNION ALL ".join(sample.sql for sample in samples)}) s GROUP BY {names} HAVING count(*) >= %s""",
        [*(param for sample in samples for param in sample.params), MIN_SAMPLED_SMS],
    )


def parse_latencies(rows: Iterable[tuple[Any, ...]], dimension_count: int) -> dict[tuple[str, ...], Latency]:
    """Return the latencies by their dimensions, which are the first `dimension_count` columns."""
    latencies = {}
    for row in rows:
        sample_size, durations, min_waiting = row[dimension_count:]
        median, p95 = (
            Quantile(duration, is_lower_bound=min_waiting is not None and min_waiting <= duration)
            for duration in durations
        )
        latencies[row[:dimension_count]] = Latency(sample_size, median, p95)
    return latencies


def _build_sample_query(query: SourceQuery, now: datetime, max_rows: int) -> CompiledQuery:
    """Select the newest rows that one index finds.

    The other filters only select among these, so that a rare pair of sender and country does not read a whole table.
    Names are collated by bytes, since any order will do.
    """
    values = dict(query.values)
    post_filters: dict[str, object] = {"status_group": values.pop("status", None)}
    no_country = ""
    if "sender" in values:
        post_filters["country"] = values.pop("country", None)
        no_country = " AND country IS NULL" if values.pop("no_country", None) else ""
    time = query.table.time_field
    rows = SourceQuery(query.table, values).select_fields(
        "sender_id", "country", "status_group", "delivered_at", time, "id"
    )
    post_filters = {name: value for name, value in post_filters.items() if value is not None}
    conditions = "".join(f" AND {name} = %s" for name in post_filters) + no_country
    return CompiledQuery(
        f"""(SELECT sender_id COLLATE "C" AS sender_id, coalesce(country, '') COLLATE "C" AS country,
                status_group = '{StatusGroup.PENDING}' AS is_pending,
                greatest(coalesce(delivered_at, %s) - {time}, interval '0') AS duration
            FROM ({rows.sql} ORDER BY {time} DESC, id DESC LIMIT %s) t
            WHERE (status_group = '{StatusGroup.PENDING}' OR
                   status_group = '{StatusGroup.DELIVERED}' AND delivered_at IS NOT NULL){conditions})""",
        [now, *rows.params, max_rows, *post_filters.values()],
    )
