"""Hours that are compared: those of today, and the same hours of the four weeks before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from smsreports.database.compiled import CompiledQuery
from smsreports.queries.source_query import SourceQuery
from smsreports.sms.abstract import IN_TIME_LIMIT
from smsreports.sms.windows import ONE_DAY, Window, utc_midnight

# Weeks back. Only the same day of the week is comparable, and four of them show how much days differ.
WEEKS = (0, 1, 2, 3, 4)
# Maximum SMS of a day that are read, of all sources together. Five such days take about 80 ms.
MAX_ROWS_READ = 12_000
MINUTE = timedelta(minutes=1)
# Values of the `span` parameter, in hours. `today`, the other one, starts at midnight UTC.
HOURS_BY_SPAN = {"1h": 1, "3h": 3, "24h": 24}


@dataclass(frozen=True)
class ComparedHours:
    """Whole minutes from `since` to `until`, and the same minutes some weeks ago.

    `is_truncated` is True if earlier minutes were left out, because they hold more SMS than are read.
    """

    since: datetime
    until: datetime
    is_truncated: bool = False

    @classmethod
    def from_span(cls, span: str, at: datetime) -> "ComparedHours":
        """Return the hours of the span as of the time `at`.

        They end IN_TIME_LIMIT before `at`, because later SMS may still be delivered in time. Just after midnight
        `today` is empty.
        """
        now = at.astimezone(UTC).replace(second=0, microsecond=0)
        until = now - IN_TIME_LIMIT
        if span in HOURS_BY_SPAN:
            return cls(until - timedelta(hours=HOURS_BY_SPAN[span]), until)
        return cls(min(utc_midnight(now.date()), until), until)

    @property
    def is_empty(self) -> bool:
        return self.since >= self.until

    def shift_weeks(self, weeks: int) -> Window:
        return Window(self.since - 7 * weeks * ONE_DAY, self.until - 7 * weeks * ONE_DAY)

    def narrow_queries(self, queries: Sequence[SourceQuery], weeks: int) -> list[SourceQuery]:
        window = self.shift_weeks(weeks)
        return [SourceQuery(query.table, {**query.values, "period": window}) for query in queries]

    def truncate_to_limit(self, queries: Sequence[SourceQuery]) -> "ComparedHours":
        """Return the latest of these hours in which no day has more than MAX_ROWS_READ SMS."""
        ((*excess_times,),) = CompiledQuery.side_by_side(
            _build_excess_query(self.narrow_queries(queries, week)) for week in WEEKS
        ).fetch_all()
        limits = [at + 7 * week * ONE_DAY for week, at in zip(WEEKS, excess_times, strict=True) if at is not None]
        if not limits:
            return self
        start = max(limits).replace(second=0, microsecond=0) + MINUTE
        return ComparedHours(min(start, self.until), self.until, is_truncated=True)


def _build_excess_query(queries: Sequence[SourceQuery]) -> CompiledQuery:
    """Compile the query of the time of the newest SMS beyond MAX_ROWS_READ. It has no row if all can be read.

    It is read from one index, by sender or by country. If both filters are set, the country is ignored here: then
    the rows that are read may be fewer than MAX_ROWS_READ, but never more.
    Raw SQL, because the ORM would compile the number into the text.
    """
    time_queries = []
    for query in queries:
        ignored = {"country"} if "sender" in query.values else set()
        values = {name: value for name, value in query.values.items() if name not in ignored}
        time_queries.append(SourceQuery(query.table, values).select_ordered(["sent_at"], "-"))
    newest = " UNION ALL ".join(f"({query.sql} LIMIT %s)" for query in time_queries)
    return CompiledQuery(
        f"SELECT t FROM ({newest}) AS newest (t) ORDER BY t DESC OFFSET %s LIMIT 1",
        [*(param for query in time_queries for param in (*query.params, MAX_ROWS_READ + 1)), MAX_ROWS_READ],
    )
