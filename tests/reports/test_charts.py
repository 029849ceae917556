"""Charts as data: round scales, bars that add up, and marks inside the chart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsreports.reports.charts import (
    BAR_CHART_HEIGHT,
    MAX_LABELS,
    MAX_TICKS,
    BarData,
    PointData,
    build_bar_chart,
    build_count_scale,
    build_line_chart,
    build_percent_scale,
)

KINDS = ("delivered", "pending", "failed")
numbers = st.integers(0, 10**13)
values_by_kind = st.dictionaries(st.sampled_from(KINDS), numbers)


def column(**values: int) -> BarData:
    return BarData("1 Feb", "1 Feb", "/day", values, {kind: f"/{kind}" for kind in values})


def point(value: float | None) -> PointData:
    return PointData("1 Feb", "1 Feb", "/day", value)


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
def test_a_count_scale_has_round_steps(top: int, expected: list[float]) -> None:
    assert build_count_scale(top) == expected


@given(numbers)
def test_a_count_scale_starts_at_zero_and_includes_the_largest_value(top: int) -> None:
    scale = build_count_scale(top)
    assert scale[0] == 0
    assert scale[-1] >= top
    assert len(scale) <= MAX_TICKS + 1
    assert all(step == int(step) for step in scale)


@given(st.floats(0, 100))
def test_a_percent_scale_ends_at_100_and_includes_the_lowest_value(lowest: float) -> None:
    scale = build_percent_scale(lowest)
    assert scale[-1] == 100
    assert 0 <= scale[0] <= lowest
    assert scale == sorted(scale)
    assert len(scale) <= MAX_TICKS + 1


@given(st.lists(values_by_kind, max_size=40))
def test_the_segments_of_a_bar_add_up_to_its_sum(columns: list[dict[str, int]]) -> None:
    chart = build_bar_chart([column(**values) for values in columns], KINDS)
    whole = build_count_scale(max((sum(values.values()) for values in columns), default=0))[-1]
    for values, bar in zip(columns, chart.bars, strict=True):
        height = sum(segment.height for segment in bar.segments)
        assert height == pytest.approx(BAR_CHART_HEIGHT * sum(values.values()) / whole, abs=0.05)
        assert [segment.kind for segment in bar.segments] == [kind for kind in KINDS if values.get(kind)]


@given(st.lists(values_by_kind, min_size=1, max_size=100))
def test_every_mark_is_inside_the_chart(columns: list[dict[str, int]]) -> None:
    chart = build_bar_chart([column(**values) for values in columns], KINDS)
    segments = [segment for bar in chart.bars for segment in bar.segments]
    assert all(segment.top >= -0.05 and segment.top + segment.height <= BAR_CHART_HEIGHT + 0.05 for segment in segments)
    assert all(
        bar.slot_left <= bar.left and bar.left + bar.width <= bar.slot_left + bar.slot_width for bar in chart.bars
    )
    assert chart.bars[-1].slot_left + chart.bars[-1].slot_width == pytest.approx(100, abs=0.1)
    assert len(chart.x_ticks) <= MAX_LABELS


def test_a_day_without_traffic_has_no_segments() -> None:
    chart = build_bar_chart([column()], KINDS)
    assert [list(bar.segments) for bar in chart.bars] == [[]]
    assert [tick.label for tick in chart.y_ticks] == ["0", "1"]


def test_a_chart_without_days_has_no_marks() -> None:
    assert (list(build_bar_chart([], KINDS).bars), list(build_line_chart([]).dots)) == ([], [])


def test_a_segment_has_a_link_and_a_title() -> None:
    (bar,) = build_bar_chart([column(delivered=1200)], KINDS).bars
    assert [(segment.href, segment.title) for segment in bar.segments] == [("/delivered", "1 Feb: 1,200 delivered")]


def test_a_line_has_gaps_for_missing_values() -> None:
    chart = build_line_chart([point(90), point(95), point(None), point(100), point(99)])
    assert len(chart.dots) == 4
    assert [(line.x1, line.x2) for line in chart.segments] == [(10, 30), (70, 90)]
    assert chart.dots[2].top == 0


@pytest.mark.parametrize("value", [0, 100])
def test_a_line_of_one_point_is_a_dot_inside_the_chart(value: float) -> None:
    chart = build_line_chart([point(value)])
    assert [dot.left for dot in chart.dots] == [50]
    assert all(0 <= dot.top <= chart.height for dot in chart.dots)
    assert list(chart.segments) == []
