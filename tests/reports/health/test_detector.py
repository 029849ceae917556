"""States of slices, and causes."""

import math
import random
from collections.abc import Mapping

import pytest

from smsreports.reports.health.detector import AnomalyDetector, Cause, SliceState
from smsreports.reports.health.slices import EVERYTHING, SliceKey, SmsCount, WeeklyCounts, sum_counts

# By sender and country: SMS sent and missed today, and on each past day.
Routes = Mapping[tuple[str, str], tuple[tuple[int, int], tuple[int, int]]]


def build_counts(today: tuple[int, int], past: tuple[int, int]) -> WeeklyCounts:
    counts = [today, past, past, past, past]
    return tuple(SmsCount(sent, sent - missed) for sent, missed in counts)


def build_slices(routes: Mapping[tuple[str, str], WeeklyCounts]) -> dict[SliceKey, WeeklyCounts]:
    slices: dict[SliceKey, WeeklyCounts] = {EVERYTHING: sum_counts(routes.values())}
    for sender, country in routes:
        slices[sender, None] = sum_counts(days for (other, _), days in routes.items() if other == sender)
        slices[None, country] = sum_counts(days for (_, other), days in routes.items() if other == country)
    slices.update({(sender, country): days for (sender, country), days in routes.items()})
    return slices


def detect(routes: Routes) -> AnomalyDetector:
    return AnomalyDetector(build_slices({route: build_counts(*figures) for route, figures in routes.items()}))


def find_causes(routes: Routes) -> list[tuple[SliceKey, SliceState]]:
    return [(cause.key, cause.state) for cause in detect(routes).find_causes()]


USUAL = ((1000, 30), (1000, 30))
DROPPED = ((1000, 300), (1000, 30))


def test_a_usual_day_has_no_causes() -> None:
    detector = detect({(sender, country): USUAL for sender in "AB" for country in ("DE", "US")})
    assert detector.find_causes() == []
    assert {finding.state for finding in detector.build_findings().values()} == {SliceState.USUAL}


def test_a_dropped_route_is_the_cause_and_not_the_slices_that_contain_it() -> None:
    routes = {(sender, country): USUAL for sender in "ABC" for country in ("DE", "US", "GB")}
    detector = detect({**routes, ("A", "DE"): DROPPED})
    assert detector.find_causes() == [Cause(("A", "DE"), SliceState.DROPPED, 270)]
    marked = {key for key, finding in detector.build_findings().items() if finding.is_marked}
    assert marked == {EVERYTHING, ("A", None), (None, "DE"), ("A", "DE")}


def test_a_country_whose_senders_all_dropped_is_one_cause() -> None:
    routes = {(sender, country): USUAL for sender in "ABC" for country in ("DE", "US", "GB")}
    assert find_causes({**routes, **{(sender, "DE"): DROPPED for sender in "ABC"}}) == [
        ((None, "DE"), SliceState.DROPPED)
    ]


def test_a_drop_of_all_routes_has_everything_as_its_cause() -> None:
    routes = {(sender, country): DROPPED for sender in "AB" for country in ("DE", "US")}
    assert find_causes(routes) == [(EVERYTHING, SliceState.DROPPED)]


def test_two_independent_drops_are_two_causes() -> None:
    routes = {(sender, country): USUAL for sender in "ABC" for country in ("DE", "US", "GB")}
    causes = find_causes({**routes, ("A", "DE"): DROPPED, ("C", "US"): ((1000, 500), (1000, 30))})
    assert causes == [(("C", "US"), SliceState.DROPPED), (("A", "DE"), SliceState.DROPPED)]


def test_more_sms_to_a_bad_country_are_not_a_drop() -> None:
    """The rate of everything falls from 93 to 81 percent, and no route has changed."""
    detector = detect({("A", "DE"): ((1000, 10), (1000, 10)), ("A", "CO"): ((1000, 370), (180, 67))})
    assert detector.slices[EVERYTHING][0].rate == pytest.approx(81)
    assert detector.find_causes() == []


def test_a_significant_but_small_drop_is_not_a_cause() -> None:
    assert find_causes({("A", "DE"): ((60_000, 1_400), (60_000, 600))}) == []
    assert find_causes({("A", "DE"): ((60_000, 1_900), (60_000, 600))}) != []


def test_a_day_like_one_of_the_past_days_is_not_a_drop() -> None:
    bad, good = SmsCount(1000, 700), SmsCount(1000, 970)
    assert AnomalyDetector(build_slices({("A", "DE"): (bad, good, good, bad, good)})).find_causes() == []


def test_a_slice_of_few_sms_is_too_small_to_tell() -> None:
    detector = detect({("A", "DE"): ((4, 3), (4, 0)), ("A", "US"): USUAL})
    assert detector.find_causes() == []
    assert detector.build_findings()["A", "DE"].state is SliceState.FEW


def test_a_slice_without_a_past_is_new() -> None:
    assert detect({("A", "DE"): ((500, 400), (0, 0))}).build_findings()["A", "DE"].state is SliceState.NEW
    one_day = (SmsCount(500, 100), SmsCount(500, 490), SmsCount(), SmsCount(), SmsCount())
    assert AnomalyDetector(build_slices({("A", "DE"): one_day})).build_findings()["A", "DE"].state is SliceState.NEW


def test_stopped_traffic_is_a_cause() -> None:
    routes = {(sender, country): USUAL for sender in "ABC" for country in ("DE", "US")}
    detector = detect({**routes, ("B", "DE"): ((3, 0), (1000, 30)), ("B", "US"): ((0, 0), (1000, 30))})
    assert detector.find_causes() == [Cause(("B", None), SliceState.STOPPED, 1997)]


@pytest.mark.parametrize("past_days", [(0, 5000, 0, 3000), (40, 900, 30, 2000)])
def test_a_silent_day_of_bursty_traffic_is_not_a_stop(past_days: tuple[int, ...]) -> None:
    """The sender of a campaign has no traffic on most days."""
    counts = (SmsCount(1, 1), *(SmsCount(sent, sent) for sent in past_days))
    assert AnomalyDetector(build_slices({("A", "DE"): counts})).find_causes() == []


def test_a_burst_in_a_past_week_does_not_hide_a_stop() -> None:
    counts = (SmsCount(), *(SmsCount(sent, sent) for sent in (100, 95, 3000, 104)))
    assert AnomalyDetector(build_slices({("A", "DE"): counts})).find_causes() == [
        Cause(("A", "DE"), SliceState.STOPPED, 102)
    ]


def random_day(rng: random.Random, sent: int, rate: float) -> SmsCount:
    """Return a day with a random rate of its own, so that two SMS of it have a correlation of 1 in 500."""
    own = rng.betavariate(rate * 499, (1 - rate) * 499)
    return SmsCount(sent, sum(rng.random() < own for _ in range(sent)))


def random_routes(rng: random.Random) -> dict[tuple[str, str], WeeklyCounts]:
    """Return five days of 30 routes of various sizes and rates, without a change."""
    sizes = [(sender, country, int(10 ** rng.uniform(0.5, 3.2)), rng.uniform(0.85, 0.99)) for sender in "ABCDE"
             for country in ("DE", "US", "GB", "IN", "NG", "CO")]  # fmt: skip
    return {
        (sender, country): tuple(random_day(rng, round(size * rng.uniform(0.7, 1.3)), rate) for _ in range(5))
        for sender, country, size, rate in sizes
    }


def test_random_days_without_a_change_rarely_have_causes() -> None:
    """At most 2 of 60 random samples without a change have causes."""
    rng = random.Random(20260213)
    false = sum(bool(AnomalyDetector(build_slices(random_routes(rng))).find_causes()) for _ in range(60))
    assert false <= 2


def test_a_real_drop_among_random_days_is_detected() -> None:
    """In at least 18 of 20 random samples the largest route, which loses a third, is a cause."""
    rng, detected = random.Random(20260213), 0
    for _ in range(20):
        routes = random_routes(rng)
        largest = max(routes, key=lambda route: routes[route][0].sent)
        today = routes[largest][0]
        routes[largest] = (SmsCount(today.sent, math.floor(today.in_time * 2 / 3)), *routes[largest][1:])
        detected += any(cause.key == largest for cause in AnomalyDetector(build_slices(routes)).find_causes())
    assert detected >= 18
