"""Half-open windows of time, from UTC days and named periods."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

ONE_DAY = timedelta(days=1)
PERIODS = ("today", "yesterday", "7d", "30d", "this_month", "last_month")


@dataclass(frozen=True)
class Window:
    """The moments from `start` up to, not including, `end`; None leaves that side open. Aware, UTC."""

    start: datetime | None = None
    end: datetime | None = None


ALL_TIME = Window()


def utc_today() -> date:
    return datetime.now(UTC).date()


def utc_midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def window_of_days(first: date | None, last: date | None) -> Window:
    """Both days included. The last day of the calendar has no next one: that side stays open."""
    ends = last is not None and last < date.max
    return Window(utc_midnight(first) if first else None, utc_midnight(last + ONE_DAY) if last and ends else None)


def window_of_period(period: str, now: date) -> Window:
    """The window of one of PERIODS as seen on day `now`; `Nd` is from N days before to that day."""
    return window_of_days(*days_of_period(period, now))


def days_of_period(period: str, now: date) -> tuple[date, date]:
    month = now.replace(day=1)
    match period:
        case "today":
            return now, now
        case "yesterday":
            return now - ONE_DAY, now - ONE_DAY
        case "this_month":
            return month, now
        case "last_month":
            return (month - ONE_DAY).replace(day=1), month - ONE_DAY
        case "7d" | "30d":
            return now - timedelta(days=int(period[:-1])), now
    raise ValueError(period)
