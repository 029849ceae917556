"""Which hours are compared: those of today, and the same of the four weeks before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from smsreports.database.compiled import CompiledQuery
from smsreports.queries.source_query import SourceQuery
from smsreports.sms.abstract import IN_TIME_LIMIT
from smsreports.sms.windows import ONE_DAY, Window, utc_midnight

# Today's day of the week has its own rhythm, so only its like are looked at; four of them show how days differ.
WEEKS = (0, 1, 2, 3, 4)
# SMS of a day that are read, of all sources together: five days of so many take about 80 ms.
MAX_ROWS_READ = 12_000
MINUTE = timedelta(minutes=1)
# What an address may ask for, in hours; `today` begins at midnight, UTC.
HOURS_BY_SPAN = {"1h": 1, "3h": 3, "24h": 24}


@dataclass(frozen=True)
class ComparedHours:
    """Whole minutes from `since` up to `until`, and with them the same a number of weeks ago; `is_truncated` where the
    earlier hours that were asked for hold more SMS than are read."""

    since: datetime
    until: datetime
    is_truncated: bool = False

    @classmethod
    def from_span(cls, span: str, at: datetime) -> "ComparedHours":
        """As seen at the moment `at`. SMS younger than IN_TIME may still be in time, so the hours end before them;
        just after midnight there are none of today."""
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
        return [SourceQuery(leg.table, {**leg.values, "since": window.start, "until": window.end}) for leg in queries]

    def truncate_to_limit(self, queries: Sequence[SourceQuery]) -> "ComparedHours":
        """The latest of these hours in which no day has more than MAX_ROWS_READ SMS."""
        ((*first_excess,),) = CompiledQuery.side_by_side(
            _build_excess_query(self.narrow_queries(queries, week)) for week in WEEKS
        ).fetch_all()
        limits = [at + 7 * week * ONE_DAY for week, at in zip(WEEKS, first_excess, strict=True) if at is not None]
        if not limits:
            return self
        start = max(limits).replace(second=0, microsecond=0) + MINUTE
        return ComparedHours(min(start, self.until), self.until, is_truncated=True)


def _build_excess_query(queries: Sequence[SourceQuery]) -> CompiledQuery:
    """The time of the newest SMS that is one too many; none where all can be read.

    Read from an index: of two filters the one on the country is left to the reading, which it makes no longer.
    Raw SQL, because the ORM would compile the number into the text.
    """
    times = [_use_one_index(leg).select_ordered(["sent_at"], "-") for leg in queries]
    newest = " UNION ALL ".join(f"({one.sql} LIMIT %s)" for one in times)
    return CompiledQuery(
        f"SELECT t FROM ({newest}) AS newest (t) ORDER BY t DESC OFFSET %s LIMIT 1",
        [*(param for one in times for param in (*one.params, MAX_ROWS_READ + 1)), MAX_ROWS_READ],
    )


def _use_one_index(leg: SourceQuery) -> SourceQuery:
    dropped = {"country"} if "sender" in leg.values else set()
    return SourceQuery(leg.table, {name: value for name, value in leg.values.items() if name not in dropped})
