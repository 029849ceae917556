"""Which hours are compared: those of today, and the same of the four weeks before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from smsreports.api.legs import Leg
from smsreports.api.sms import IN_TIME
from smsreports.statements import Statement
from smsreports.windows import ONE_DAY, Window, midnight

# Today's day of the week has its own rhythm, so only its like are looked at; four of them show how days differ.
WEEKS = (0, 1, 2, 3, 4)
# SMS of a day that are read, of all sources together: five days of so many take about 80 ms.
MOST_READ = 12_000
MINUTE = timedelta(minutes=1)
# What an address may ask for, in hours; `today` begins at midnight, UTC.
LAST_HOURS = {"1h": 1, "3h": 3, "24h": 24}


@dataclass(frozen=True)
class Hours:
    """Whole minutes from `since` up to `until`, and with them the same a number of weeks ago; `cut` where the
    earlier hours that were asked for hold more SMS than are read."""

    since: datetime
    until: datetime
    cut: bool = False

    @classmethod
    def of(cls, span: str, at: datetime) -> "Hours":
        """As seen at the moment `at`. SMS younger than IN_TIME may still be in time, so the hours end before them;
        just after midnight there are none of today."""
        now = at.astimezone(UTC).replace(second=0, microsecond=0)
        until = now - IN_TIME
        if span in LAST_HOURS:
            return cls(until - timedelta(hours=LAST_HOURS[span]), until)
        return cls(min(midnight(now.date()), until), until)

    @property
    def empty(self) -> bool:
        return self.since >= self.until

    def ago(self, weeks: int) -> Window:
        return Window(self.since - 7 * weeks * ONE_DAY, self.until - 7 * weeks * ONE_DAY)

    def legs(self, every: Sequence[Leg], weeks: int) -> list[Leg]:
        window = self.ago(weeks)
        return [Leg(leg.source, {**leg.values, "since": window.start, "until": window.end}) for leg in every]

    def within_reach(self, every: Sequence[Leg]) -> "Hours":
        """The latest of these hours in which no day has more than MOST_READ SMS."""
        ((*found,),) = Statement.beside(_past_reach(self.legs(every, week)) for week in WEEKS).rows()
        reached = [at + 7 * week * ONE_DAY for week, at in zip(WEEKS, found, strict=True) if at is not None]
        if not reached:
            return self
        start = max(reached).replace(second=0, microsecond=0) + MINUTE
        return Hours(min(start, self.until), self.until, cut=True)


def _past_reach(legs: Sequence[Leg]) -> Statement:
    """The time of the newest SMS that is one too many; none where all can be read.

    Read from an index: of two filters the one on the country is left to the reading, which it makes no longer.
    Raw SQL, because the ORM would compile the number into the text.
    """
    times = [_indexed(leg).shaped(["sent_at"], "-") for leg in legs]
    newest = " UNION ALL ".join(f"({one.sql} LIMIT %s)" for one in times)
    return Statement(
        f"SELECT t FROM ({newest}) AS newest (t) ORDER BY t DESC OFFSET %s LIMIT 1",
        [*(param for one in times for param in (*one.params, MOST_READ + 1)), MOST_READ],
    )


def _indexed(leg: Leg) -> Leg:
    left = {"country"} if "sender" in leg.values else set()
    return Leg(leg.source, {name: value for name, value in leg.values.items() if name not in left})
