"""Rates with their intervals, changes, and the places of a chart over time."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsreports.reports.templatetags.figures import duration, size
from smsreports.reports.time_buckets import MAX_BARS, build_buckets
from smsreports.reports.totals import compute_change_percent, compute_wilson_interval

counts = st.integers(1, 10**9).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole)))


def test_three_of_four_do_not_beat_many_of_a_thousand() -> None:
    few, many = compute_wilson_interval(3, 4), compute_wilson_interval(970, 1000)
    assert few is not None and many is not None
    assert few == pytest.approx((30.06, 95.44), abs=0.01)
    assert many == pytest.approx((95.75, 97.89), abs=0.01)
    assert few[0] < many[0]
    assert compute_wilson_interval(4, 4) < many  # type: ignore[operator]  # neither is None


@given(counts)
def test_a_rate_lies_within_its_interval(count: tuple[int, int]) -> None:
    part, whole = count
    interval = compute_wilson_interval(part, whole)
    assert interval is not None
    assert -1e-9 <= interval[0] <= 100 * part / whole + 1e-9
    assert 100 * part / whole - 1e-9 <= interval[1] <= 100 + 1e-9


def test_nothing_has_no_interval_and_no_change() -> None:
    assert compute_wilson_interval(0, 0) is None
    assert compute_change_percent(5, 0) is None
    assert compute_change_percent(Decimal("1.1"), Decimal(1)) == Decimal("10.0")


days = st.dates(date(1, 1, 1), date(9999, 12, 31))


@given(days, st.integers(0, MAX_BARS * 31))
def test_spans_cover_every_day_once(first: date, more: int) -> None:
    last = min(first, date.max - timedelta(days=more)) + timedelta(days=more)
    first = last - timedelta(days=more)
    _, found = build_buckets(first, last)
    assert (found[0].first, found[-1].last) == (first, last)
    assert len(found) <= MAX_BARS + 1
    assert all((b.first - a.last).days == 1 for a, b in pairwise(found))


def test_a_thousand_years_are_the_newest_years_that_fit() -> None:
    step, found = build_buckets(date(1, 1, 1), date(2026, 2, 13))
    assert (step, len(found), found[-1].last) == ("year", MAX_BARS, date(2026, 2, 13))


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0 s"), (42, "42 s"), (60, "1 min"), (185, "3 min 5 s"), (7800, "2 h 10 min")]
)
def test_a_time_is_said_in_two_units_at_most(seconds: int, said: str) -> None:
    assert duration(timedelta(seconds=seconds)).replace("\u202f", " ") == said


@pytest.mark.parametrize(
    ("length", "said"), [(0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 kB"), (25 * 10**6, "25 MB")]
)
def test_a_length_is_said_in_the_unit_that_fits(length: int, said: str) -> None:
    assert size(length).replace("\u202f", " ") == said
