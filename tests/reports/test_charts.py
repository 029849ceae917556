"""Charts as data: round scales, sums that stack, and nothing that falls out of its frame."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsreports.reports import drawn
from smsreports.reports.charts import HEIGHT, MOST_LABELS, MOST_TICKS, Column, Point, line, shares, stacked, steps

KINDS = ("delivered", "pending", "failed")
numbers = st.integers(0, 10**13)
values = st.dictionaries(st.sampled_from(KINDS), numbers)


def column(**values: int) -> Column:
    return Column("1 Feb", "1 Feb", "/day", values, {kind: f"/{kind}" for kind in values})


def point(value: float | None) -> Point:
    return Point("1 Feb", "1 Feb", "/day", value)


@pytest.mark.parametrize(
    ("top", "expected"),
    [
        (0, [0, 1]),
        (1, [0, 1]),
        (3, [0, 1, 2, 3]),
        (7, [0, 2, 4, 6, 8]),
        (10, [0, 3, 6, 9, 12]),
        (1776, [0, 500, 1000, 1500, 2000]),
        (100_000_000_001, [0, 50_000_000_000, 100_000_000_000, 150_000_000_000]),
        (10_000_000, [0, 2_500_000, 5_000_000, 7_500_000, 10_000_000]),
    ],
)
def test_an_axis_has_round_steps(top: int, expected: list[float]) -> None:
    assert steps(top) == expected


@given(numbers)
def test_an_axis_begins_at_zero_and_holds_the_largest_value(top: int) -> None:
    scale = steps(top)
    assert scale[0] == 0
    assert scale[-1] >= top
    assert len(scale) <= MOST_TICKS + 1
    assert all(step == int(step) for step in scale)


@given(st.floats(0, 100))
def test_an_axis_of_shares_ends_at_a_hundred_and_holds_the_lowest(lowest: float) -> None:
    scale = shares(lowest)
    assert scale[-1] == 100
    assert 0 <= scale[0] <= lowest
    assert scale == sorted(scale)
    assert len(scale) <= MOST_TICKS + 1


@given(st.lists(values, max_size=40))
def test_the_parts_of_a_bar_stack_up_to_its_sum(columns: list[dict[str, int]]) -> None:
    chart = stacked([column(**each) for each in columns], KINDS)
    whole = steps(max((sum(each.values()) for each in columns), default=0))[-1]
    for each, bar in zip(columns, chart.bars, strict=True):
        height = sum(part.height for part in bar.parts)
        assert height == pytest.approx(HEIGHT * sum(each.values()) / whole, abs=0.05)
        assert [part.kind for part in bar.parts] == [kind for kind in KINDS if each.get(kind)]


@given(st.lists(values, min_size=1, max_size=100))
def test_nothing_falls_out_of_the_frame(columns: list[dict[str, int]]) -> None:
    chart = stacked([column(**each) for each in columns], KINDS)
    parts = [part for bar in chart.bars for part in bar.parts]
    assert all(part.top >= -0.05 and part.top + part.height <= HEIGHT + 0.05 for part in parts)
    assert all(bar.start <= bar.left and bar.left + bar.width <= bar.start + bar.place for bar in chart.bars)
    assert chart.bars[-1].start + chart.bars[-1].place == pytest.approx(100, abs=0.1)
    assert len(chart.x) <= MOST_LABELS


def test_one_day_without_anything_is_an_empty_frame() -> None:
    chart = stacked([column()], KINDS)
    assert [list(bar.parts) for bar in chart.bars] == [[]]
    assert [tick.label for tick in chart.y] == ["0", "1"]


def test_no_days_at_all_are_no_bars() -> None:
    assert (list(stacked([], KINDS).bars), list(line([]).dots)) == ([], [])


def test_a_part_leads_to_its_rows_and_names_them() -> None:
    (bar,) = stacked([column(delivered=1200)], KINDS).bars
    assert [(part.href, part.title) for part in bar.parts] == [("/delivered", "1 Feb: 1,200 delivered")]


def test_a_line_is_broken_where_there_is_nothing() -> None:
    chart = line([point(90), point(95), point(None), point(100), point(99)])
    assert len(chart.dots) == 4
    assert [(stroke.x1, stroke.x2) for stroke in chart.strokes] == [(10, 30), (70, 90)]
    assert chart.dots[2].top == 0


@pytest.mark.parametrize("value", [0, 100])
def test_a_line_of_one_point_is_a_dot_within_the_frame(value: float) -> None:
    chart = line([point(value)])
    assert [dot.at for dot in chart.dots] == [50]
    assert all(0 <= dot.top <= chart.height for dot in chart.dots)
    assert list(chart.strokes) == []


def test_what_is_drawn_is_escaped() -> None:
    """A sender may be called anything."""
    nasty = '"><script>&'
    chart: Any = stacked([Column(nasty, nasty, nasty, {"delivered": 1}, {})], KINDS)
    markup = drawn.bars(chart) + drawn.grid(chart.y, chart.x, chart.height) + drawn.cells([(1, nasty)])
    assert "<script" not in markup
    assert '""' not in markup
