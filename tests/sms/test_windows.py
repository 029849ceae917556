"""Windows of time, compared with days that are counted one by one."""

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


def is_in_window(window: Window, moment: datetime) -> bool:
    return (window.start is None or window.start <= moment) and (window.end is None or moment < window.end)


@given(DAYS, DAYS, MOMENTS)
@example(date.max, date.max, LAST_MOMENT)
@example(None, date.max, LAST_MOMENT)
@example(None, date.max - ONE_DAY, LAST_MOMENT)
@example(date(2026, 2, 13), date(2026, 2, 13), datetime(2026, 2, 14, tzinfo=UTC))
@example(date(2026, 2, 13), date(2026, 2, 13), datetime(2026, 2, 13, tzinfo=UTC))
def test_a_window_of_days_contains_the_moments_of_these_days(
    first: date | None, last: date | None, moment: datetime
) -> None:
    inside = (first is None or first <= moment.date()) and (last is None or moment.date() <= last)
    assert is_in_window(window_of_days(first, last), moment) == inside


@given(MOMENTS)
def test_all_time_contains_every_moment(moment: datetime) -> None:
    assert is_in_window(ALL_TIME, moment)


@pytest.mark.parametrize("period", PERIODS)
@given(now=NOW)
@example(now=date(2026, 1, 31))
@example(now=date(2024, 3, 1))
@example(now=date.max)
def test_a_period_has_the_days_of_the_contract(period: str, now: date) -> None:
    days = [day for day in backwards_from(now) if is_in_period(day, period, now)]
    assert days_of_period(period, now) == (min(days), max(days))
    assert len(days) == (max(days) - min(days)).days + 1
    assert window_of_period(period, now) == window_of_days(min(days), max(days))


def backwards_from(now: date) -> Iterator[date]:
    """Yield `now` and 69 days before it, more than the longest period has."""
    for age in range(70):
        if now - date.min < timedelta(days=age):
            return
        yield now - timedelta(days=age)


def is_in_period(day: date, period: str, now: date) -> bool:
    """Return True if `day`, which is not after `now`, is in the period as the contract defines it."""
    age, months = (now - day).days, (now.year - day.year) * 12 + now.month - day.month
    return {
        "today": age == 0,
        "yesterday": age == 1,
        "7d": age <= 7,
        "30d": age <= 30,
        "this_month": months == 0,
        "last_month": months == 1,
    }[period]


def test_the_last_30_days_match_the_vendors_example() -> None:
    assert days_of_period("30d", date(2026, 2, 13)) == (date(2026, 1, 14), date(2026, 2, 13))


def test_the_month_before_january_is_december_of_the_year_before() -> None:
    assert days_of_period("last_month", date(2026, 1, 15)) == (date(2025, 12, 1), date(2025, 12, 31))


def test_an_unknown_period_is_an_error() -> None:
    with pytest.raises(ValueError, match="90d"):
        days_of_period("90d", date(2026, 2, 13))


def test_midnight_is_in_utc() -> None:
    assert utc_midnight(date(2026, 2, 13)).isoformat() == "2026-02-13T00:00:00+00:00"


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[None]:
    """Set the time zone of the process."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("zone")
# At every moment the date of one of these two is not the date of UTC.
@pytest.mark.parametrize("zone", ["XXX-14", "XXX+12"], indirect=True)
def test_today_does_not_depend_on_the_time_zone_of_the_process() -> None:
    before = datetime.now(UTC).date()
    assert before <= utc_today() <= datetime.now(UTC).date()
