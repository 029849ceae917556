"""Half-open windows of time, from UTC days and named periods."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

ONE_DAY = timedelta(days=1)
PERIODS = ("today", "yesterday", "7d", "30d", "this_month", "last_month")


@dataclass(frozen=True)
class Window:
    """Half-open range of time from `start` up to, but not including, `end`: aware, in UTC. None leaves a side open."""

    start: datetime | None = None
    end: datetime | None = None


ALL_TIME = Window()


def utc_today() -> date:
    return datetime.now(UTC).date()


def utc_midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def window_of_days(first: date | None, last: date | None) -> Window:
    """Return the window of the UTC days from `first` to `last`, both included; None leaves a side open.

    `date.max` has no next day, so it leaves the end open as well.
    """
    has_end = last is not None and last < date.max
    return Window(utc_midnight(first) if first else None, utc_midnight(last + ONE_DAY) if last and has_end else None)


def window_of_period(period: str, today: date) -> Window:
    """Return the window of one of PERIODS as seen on the day `today`."""
    return window_of_days(*days_of_period(period, today))


def days_of_period(period: str, today: date) -> tuple[date, date]:
    """Return the first and the last day of one of PERIODS as seen on the day `today`.

    `7d` begins seven days before `today`. Raises ValueError for an unknown period.
    """
    first_of_month = today.replace(day=1)
    match period:
        case "today":
            return today, today
        case "yesterday":
            return today - ONE_DAY, today - ONE_DAY
        case "this_month":
            return first_of_month, today
        case "last_month":
            return (first_of_month - ONE_DAY).replace(day=1), first_of_month - ONE_DAY
        case "7d" | "30d":
            return today - timedelta(days=int(period[:-1])), today
    raise ValueError(period)
