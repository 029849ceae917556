"""Windows of time, beside days that are counted one by one."""

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smsreports.sms.windows import (
    ALL_TIME,
    ONE_DAY,
    PERIODS,
    Window,
    days_of_period,
    utc_midnight,
    utc_today,
    window_of_days,
    window_of_period,
)

MOMENTS = st.datetimes(timezones=st.just(UTC))
DAYS = st.dates() | st.none()
# Far enough from the calendar's beginning for every period to exist.
NOW = st.dates(date(1, 3, 1), date.max)
LAST_MOMENT = datetime.max.replace(tzinfo=UTC)


def holds(window: Window, moment: datetime) -> bool:
    return (window.start is None or window.start <= moment) and (window.end is None or moment < window.end)


@given(DAYS, DAYS, MOMENTS)
@example(date.max, date.max, LAST_MOMENT)
@example(None, date.max, LAST_MOMENT)
@example(None, date.max - ONE_DAY, LAST_MOMENT)
@example(date(2026, 2, 13), date(2026, 2, 13), datetime(2026, 2, 14, tzinfo=UTC))
@example(date(2026, 2, 13), date(2026, 2, 13), datetime(2026, 2, 13, tzinfo=UTC))
def test_a_window_of_days_holds_the_moments_of_those_days(
    first: date | None, last: date | None, moment: datetime
) -> None:
    inside = (first is None or first <= moment.date()) and (last is None or moment.date() <= last)
    assert holds(window_of_days(first, last), moment) == inside


@given(MOMENTS)
def test_ever_holds_every_moment(moment: datetime) -> None:
    assert holds(ALL_TIME, moment)


@pytest.mark.parametrize("period", PERIODS)
@given(now=NOW)
@example(now=date(2026, 1, 31))
@example(now=date(2024, 3, 1))
@example(now=date.max)
def test_a_period_has_the_days_that_are_counted_one_by_one(period: str, now: date) -> None:
    counted = [day for day in backwards_from(now) if belongs(day, period, now)]
    assert days_of_period(period, now) == (min(counted), max(counted))
    assert len(counted) == (max(counted) - min(counted)).days + 1
    assert window_of_period(period, now) == window_of_days(min(counted), max(counted))


def backwards_from(now: date) -> Iterator[date]:
    """Today and the days before it, more than the longest period has."""
    for days in range(70):
        if now - date.min < timedelta(days=days):
            return
        yield now - timedelta(days=days)


def belongs(day: date, period: str, now: date) -> bool:
    """Whether `day`, not after `now`, is in the period: by the words of the contract."""
    age, months = (now - day).days, (now.year - day.year) * 12 + now.month - day.month
    return {
        "today": age == 0,
        "yesterday": age == 1,
        "7d": age <= 7,
        "30d": age <= 30,
        "this_month": months == 0,
        "last_month": months == 1,
    }[period]


def test_thirty_days_are_those_of_the_vendors_example() -> None:
    assert days_of_period("30d", date(2026, 2, 13)) == (date(2026, 1, 14), date(2026, 2, 13))


def test_the_month_before_january_is_december_of_the_year_before() -> None:
    assert days_of_period("last_month", date(2026, 1, 15)) == (date(2025, 12, 1), date(2025, 12, 31))


def test_a_period_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(ValueError, match="90d"):
        days_of_period("90d", date(2026, 2, 13))


def test_midnight_is_that_of_utc() -> None:
    assert utc_midnight(date(2026, 2, 13)).isoformat() == "2026-02-13T00:00:00+00:00"


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[None]:
    """The process in another time zone."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("zone")
# At every moment the date of one of these two is not the date of UTC.
@pytest.mark.parametrize("zone", ["XXX-14", "XXX+12"], indirect=True)
def test_today_is_the_day_of_utc_wherever_the_process_runs() -> None:
    before = datetime.now(UTC).date()
    assert before <= utc_today() <= datetime.now(UTC).date()
