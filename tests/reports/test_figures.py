"""Rates with their intervals, changes, time buckets, and formatted durations and sizes."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsreports.reports.figures import format_duration, format_size
from smsreports.reports.time_buckets import MAX_BARS, build_buckets
from smsreports.reports.totals import compute_change_percent, compute_wilson_interval

counts = st.integers(1, 10**9).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole)))


def test_the_interval_of_3_of_4_starts_below_that_of_970_of_1000() -> None:
    few, many = compute_wilson_interval(3, 4), compute_wilson_interval(970, 1000)
    assert few is not None and many is not None
    assert few == pytest.approx((30.06, 95.44), abs=0.01)
    assert many == pytest.approx((95.75, 97.89), abs=0.01)
    assert few[0] < many[0]
    assert compute_wilson_interval(4, 4) < many  # type: ignore[operator]  # neither is None


@given(counts)
def test_a_rate_is_within_its_interval(count: tuple[int, int]) -> None:
    part, whole = count
    interval = compute_wilson_interval(part, whole)
    assert interval is not None
    assert -1e-9 <= interval[0] <= 100 * part / whole + 1e-9
    assert 100 * part / whole - 1e-9 <= interval[1] <= 100 + 1e-9


def test_zero_sms_have_no_interval_and_no_change() -> None:
    assert compute_wilson_interval(0, 0) is None
    assert compute_change_percent(5, 0) is None
    assert compute_change_percent(Decimal("1.1"), Decimal(1)) == Decimal("10.0")


days = st.dates(date(1, 1, 1), date(9999, 12, 31))


@given(days, st.integers(0, MAX_BARS * 31))
def test_buckets_cover_every_day_once(first: date, more: int) -> None:
    last = min(first, date.max - timedelta(days=more)) + timedelta(days=more)
    first = last - timedelta(days=more)
    _, buckets = build_buckets(first, last)
    assert (buckets[0].first, buckets[-1].last) == (first, last)
    assert len(buckets) <= MAX_BARS + 1
    assert all((following.first - bucket.last).days == 1 for bucket, following in pairwise(buckets))


def test_a_range_of_many_years_has_the_newest_years() -> None:
    step, buckets = build_buckets(date(1, 1, 1), date(2026, 2, 13))
    assert (step, len(buckets), buckets[-1].last) == ("year", MAX_BARS, date(2026, 2, 13))


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (42, "42 s"), (60, "1 min"), (185, "3 min 5 s"), (7800, "2 h 10 min")]
)
def test_a_duration_has_at_most_two_units(seconds: int, text: str) -> None:
    assert format_duration(timedelta(seconds=seconds)).replace("\u202f", " ") == text


@pytest.mark.parametrize(
    ("length", "text"), [(0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 kB"), (25 * 10**6, "25 MB")]
)
def test_a_size_has_the_largest_unit_that_fits(length: int, text: str) -> None:
    assert format_size(length).replace("\u202f", " ") == text
