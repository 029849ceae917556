"""The tails of probability against exact fractions, the bar against its definition, and the spread against draws."""

import math
import random
from fractions import Fraction
from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsreports.reports.health.probability import (
    benjamini_hochberg_threshold,
    dispersion_index,
    effective_sample_size,
    intraclass_correlation,
    log_binomial_tail,
    log_fisher_tail,
)

samples = st.integers(1, 60).flatmap(
    lambda whole: st.tuples(st.integers(0, whole), st.integers(0, whole), st.just(whole))
)


def hypergeometric(missed: int, sent: int, misses: int, whole: int) -> Fraction:
    """Every way to draw so many or more, counted."""
    ways = (math.comb(misses, k) * math.comb(whole - misses, sent - k) for k in range(missed, min(sent, misses) + 1))
    return Fraction(sum(ways), math.comb(whole, sent))


@given(samples, st.data())
def test_the_test_of_fisher_is_the_count_of_all_draws(sample: tuple[int, int, int], data: st.DataObject) -> None:
    sent, misses, whole = sample
    missed = data.draw(st.integers(max(0, sent + misses - whole), min(sent, misses)))
    found = log_fisher_tail(missed, sent, misses, whole)
    if missed * whole <= sent * misses:
        assert found == 0
    else:
        assert found == pytest.approx(math.log(hypergeometric(missed, sent, misses, whole)), abs=1e-9)


@given(st.integers(0, 60), st.integers(0, 60))
def test_few_arrivals_are_the_binomial_tail(found: int, more: int) -> None:
    of, share = found + more, Fraction(1, 5)
    ways = sum(math.comb(of, k) * share**k * (1 - share) ** (of - k) for k in range(found + 1))
    expected = 0 if found >= of * float(share) else math.log(ways)
    assert log_binomial_tail(found, of, float(share)) == pytest.approx(expected, abs=1e-9)


def test_what_cannot_be_by_chance_is_still_a_number() -> None:
    """Where a probability itself would be 0."""
    assert -2e5 < log_fisher_tail(20_000, 20_000, 20_000, 80_000) < -1e4
    assert -1e5 < log_binomial_tail(0, 80_000, 0.2) < -1e4


@given(st.lists(st.floats(-20, 0), max_size=30), st.sampled_from((0.01, 0.05, 0.2)))
def test_the_bar_is_the_largest_rank_that_holds(logs: list[float], false: float) -> None:
    ordered = sorted(logs)
    held = [rank for rank in range(1, len(logs) + 1) if ordered[rank - 1] <= math.log(false * rank / len(logs))]
    assert benjamini_hochberg_threshold(logs, false) == (ordered[max(held) - 1] if held else -math.inf)


def drawn(rng: random.Random, sent: int, rate: float, correlation: float) -> int:
    """Misses of a day whose own rate is drawn around `rate`, so that two SMS of it are correlated."""
    scale = 1 / correlation - 1
    own = rng.betavariate(rate * scale, (1 - rate) * scale)
    return sum(rng.random() < own for _ in range(sent))


@pytest.mark.parametrize("correlation", [0.005, 0.05])
def test_the_spread_of_days_is_found_again(correlation: float) -> None:
    """On average over many times four days; of four days alone it is a guess."""
    rng, sent, rate, found = random.Random(20260213), 300, 0.2, []
    for _ in range(300):
        missed = [drawn(rng, sent, rate, correlation) for _ in range(4)]
        share = sum(missed) / (4 * sent)
        found.append(intraclass_correlation([(sent, one, sent * share, sent * share * (1 - share)) for one in missed]))
    assert mean(found) == pytest.approx(correlation, rel=0.35)


@given(st.integers(0, 10**6), st.floats(0, 1))
def test_dependent_sms_are_worth_less(sent: int, correlation: float) -> None:
    assert 0 <= effective_sample_size(sent, correlation) <= sent
    assert effective_sample_size(sent, 0) == sent


def test_even_counts_are_as_random_arrivals_and_bursts_are_not() -> None:
    assert dispersion_index([100, 103, 98, 99]) == 1
    assert dispersion_index([0, 0, 0, 0]) == 1
    assert dispersion_index([0, 0, 0, 400]) == pytest.approx(400)
