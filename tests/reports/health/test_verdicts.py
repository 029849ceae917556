"""What is marked, what is not, and what is named as having moved."""

import math
import random
from collections.abc import Mapping

import pytest

from smsreports.reports.health.detector import AnomalyDetector, Cause, SliceState
from smsreports.reports.health.slices import EVERYTHING, SliceKey, SmsCount, WeeklyCounts, sum_counts

# Of a sender and a country: SMS sent and misses of today, and of each past day.
Routes = Mapping[tuple[str, str], tuple[tuple[int, int], tuple[int, int]]]


def days(today: tuple[int, int], past: tuple[int, int]) -> WeeklyCounts:
    counts = [today, past, past, past, past]
    return tuple(SmsCount(sent, sent - missed) for sent, missed in counts)


def every_slice(routes: Mapping[tuple[str, str], WeeklyCounts]) -> dict[SliceKey, WeeklyCounts]:
    slices: dict[SliceKey, WeeklyCounts] = {EVERYTHING: sum_counts(routes.values())}
    for sender, country in routes:
        slices[sender, None] = sum_counts(days for (one, _), days in routes.items() if one == sender)
        slices[None, country] = sum_counts(days for (_, one), days in routes.items() if one == country)
    slices.update({(sender, country): days for (sender, country), days in routes.items()})
    return slices


def judge(routes: Routes) -> AnomalyDetector:
    return AnomalyDetector(every_slice({route: days(*figures) for route, figures in routes.items()}))


def named(routes: Routes) -> list[tuple[SliceKey, SliceState]]:
    return [(cause.key, cause.state) for cause in judge(routes).find_causes()]


CALM = ((1000, 30), (1000, 30))
FALLEN = ((1000, 300), (1000, 30))


def test_a_usual_day_marks_nothing() -> None:
    one = judge({(sender, country): CALM for sender in "AB" for country in ("DE", "US")})
    assert one.find_causes() == []
    assert {verdict.state for verdict in one.build_findings().values()} == {SliceState.USUAL}


def test_a_route_that_fell_is_named_and_not_all_that_holds_it() -> None:
    routes = {(sender, country): CALM for sender in "ABC" for country in ("DE", "US", "GB")}
    one = judge({**routes, ("A", "DE"): FALLEN})
    assert one.find_causes() == [Cause(("A", "DE"), SliceState.DROPPED, 270)]
    marked = {key for key, verdict in one.build_findings().items() if verdict.is_marked}
    assert marked == {EVERYTHING, ("A", None), (None, "DE"), ("A", "DE")}


def test_a_country_that_fell_with_all_its_senders_is_named_as_one() -> None:
    routes = {(sender, country): CALM for sender in "ABC" for country in ("DE", "US", "GB")}
    assert named({**routes, **{(sender, "DE"): FALLEN for sender in "ABC"}}) == [((None, "DE"), SliceState.DROPPED)]


def test_when_all_fell_everything_is_named() -> None:
    routes = {(sender, country): FALLEN for sender in "AB" for country in ("DE", "US")}
    assert named(routes) == [(EVERYTHING, SliceState.DROPPED)]


def test_two_that_fell_apart_from_each_other_are_both_named() -> None:
    routes = {(sender, country): CALM for sender in "ABC" for country in ("DE", "US", "GB")}
    found = named({**routes, ("A", "DE"): FALLEN, ("C", "US"): ((1000, 500), (1000, 30))})
    assert found == [(("C", "US"), SliceState.DROPPED), (("A", "DE"), SliceState.DROPPED)]


def test_more_sms_to_a_bad_country_are_no_drop() -> None:
    """The rate of everything falls from 93 to 81 percent, and no route has changed."""
    one = judge({("A", "DE"): ((1000, 10), (1000, 10)), ("A", "CO"): ((1000, 370), (180, 67))})
    assert one.slices[EVERYTHING][0].rate == pytest.approx(81)
    assert one.find_causes() == []


def test_a_sure_but_small_fall_is_nobodys_emergency() -> None:
    assert named({("A", "DE"): ((60_000, 1_400), (60_000, 600))}) == []
    assert named({("A", "DE"): ((60_000, 1_900), (60_000, 600))}) != []


def test_a_day_like_one_of_the_four_is_no_drop() -> None:
    bad, good = SmsCount(1000, 700), SmsCount(1000, 970)
    assert AnomalyDetector(every_slice({("A", "DE"): (bad, good, good, bad, good)})).find_causes() == []


def test_a_few_sms_neither_fall_nor_hold() -> None:
    one = judge({("A", "DE"): ((4, 3), (4, 0)), ("A", "US"): CALM})
    assert one.find_causes() == []
    assert one.build_findings()["A", "DE"].state is SliceState.FEW


def test_without_a_past_there_is_nothing_to_say() -> None:
    assert judge({("A", "DE"): ((500, 400), (0, 0))}).build_findings()["A", "DE"].state is SliceState.NEW
    one_day = (SmsCount(500, 100), SmsCount(500, 490), SmsCount(), SmsCount(), SmsCount())
    assert AnomalyDetector(every_slice({("A", "DE"): one_day})).build_findings()["A", "DE"].state is SliceState.NEW


def test_traffic_that_stopped_is_named() -> None:
    routes = {(sender, country): CALM for sender in "ABC" for country in ("DE", "US")}
    one = judge({**routes, ("B", "DE"): ((3, 0), (1000, 30)), ("B", "US"): ((0, 0), (1000, 30))})
    assert one.find_causes() == [Cause(("B", None), SliceState.STOPPED, 1997)]


@pytest.mark.parametrize("pasts", [(0, 5000, 0, 3000), (40, 900, 30, 2000)])
def test_what_comes_in_bursts_has_not_stopped(pasts: tuple[int, ...]) -> None:
    """A campaign's sender is silent on most days."""
    counts = (SmsCount(1, 1), *(SmsCount(sent, sent) for sent in pasts))
    assert AnomalyDetector(every_slice({("A", "DE"): counts})).find_causes() == []


def test_a_burst_some_week_does_not_hide_a_stop() -> None:
    counts = (SmsCount(), *(SmsCount(sent, sent) for sent in (100, 95, 3000, 104)))
    assert AnomalyDetector(every_slice({("A", "DE"): counts})).find_causes() == [
        Cause(("A", "DE"), SliceState.STOPPED, 102)
    ]


def a_day(rng: random.Random, sent: int, rate: float) -> SmsCount:
    """A day of its own quality, as days are: two SMS of it are correlated by 1 in 500."""
    own = rng.betavariate(rate * 499, (1 - rate) * 499)
    return SmsCount(sent, sum(rng.random() < own for _ in range(sent)))


def a_world(rng: random.Random) -> dict[tuple[str, str], WeeklyCounts]:
    """Five days of 30 routes, large and small, good and bad, of which none has changed."""
    sizes = [(sender, country, int(10 ** rng.uniform(0.5, 3.2)), rng.uniform(0.85, 0.99)) for sender in "ABCDE"
             for country in ("DE", "US", "GB", "IN", "NG", "CO")]  # fmt: skip
    return {
        (sender, country): tuple(a_day(rng, round(size * rng.uniform(0.7, 1.3)), rate) for _ in range(5))
        for sender, country, size, rate in sizes
    }


def test_days_that_differ_as_days_do_are_seldom_marked() -> None:
    """Of 60 worlds in which nothing has moved, hardly one has a mark."""
    rng = random.Random(20260213)
    false = sum(bool(AnomalyDetector(every_slice(a_world(rng))).find_causes()) for _ in range(60))
    assert false <= 2


def test_a_real_fall_among_such_days_is_found() -> None:
    """Of 20 worlds in which one large route loses a third, nearly all show it, and it is the route that is named."""
    rng, found = random.Random(20260213), 0
    for _ in range(20):
        world = a_world(rng)
        worst = max(world, key=lambda route: world[route][0].sent)
        today = world[worst][0]
        world[worst] = (SmsCount(today.sent, math.floor(today.in_time * 2 / 3)), *world[worst][1:])
        found += any(cause.key == worst for cause in AnomalyDetector(every_slice(world)).find_causes())
    assert found >= 18
