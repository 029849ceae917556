"""Tail probabilities against exact fractions, the threshold against its definition, and the correlation against
random days."""

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
    """Count all draws with at least `missed` misses."""
    ways = (math.comb(misses, k) * math.comb(whole - misses, sent - k) for k in range(missed, min(sent, misses) + 1))
    return Fraction(sum(ways), math.comb(whole, sent))


@given(samples, st.data())
def test_the_fisher_tail_equals_a_count_of_all_draws(sample: tuple[int, int, int], data: st.DataObject) -> None:
    sent, misses, whole = sample
    missed = data.draw(st.integers(max(0, sent + misses - whole), min(sent, misses)))
    log_chance = log_fisher_tail(missed, sent, misses, whole)
    if missed * whole <= sent * misses:
        assert log_chance == 0
    else:
        assert log_chance == pytest.approx(math.log(hypergeometric(missed, sent, misses, whole)), abs=1e-9)


@given(st.integers(0, 60), st.integers(0, 60))
def test_the_binomial_tail_equals_exact_fractions(count: int, more: int) -> None:
    whole, share = count + more, Fraction(1, 5)
    ways = sum(math.comb(whole, k) * share**k * (1 - share) ** (whole - k) for k in range(count + 1))
    expected = 0 if count >= whole * float(share) else math.log(ways)
    assert log_binomial_tail(count, whole, float(share)) == pytest.approx(expected, abs=1e-9)


def test_tiny_probabilities_have_finite_logarithms() -> None:
    """The probabilities themselves would be 0 as floats."""
    assert -2e5 < log_fisher_tail(20_000, 20_000, 20_000, 80_000) < -1e4
    assert -1e5 < log_binomial_tail(0, 80_000, 0.2) < -1e4


@given(st.lists(st.floats(-20, 0), max_size=30), st.sampled_from((0.01, 0.05, 0.2)))
def test_the_threshold_is_the_largest_significant_rank(logs: list[float], false: float) -> None:
    ordered = sorted(logs)
    significant = [rank for rank in range(1, len(logs) + 1) if ordered[rank - 1] <= math.log(false * rank / len(logs))]
    assert benjamini_hochberg_threshold(logs, false) == (ordered[max(significant) - 1] if significant else -math.inf)


def draw_misses(rng: random.Random, sent: int, rate: float, correlation: float) -> int:
    """Draw the misses of a day whose own rate is random around `rate`, so that two SMS of it are correlated."""
    scale = 1 / correlation - 1
    own = rng.betavariate(rate * scale, (1 - rate) * scale)
    return sum(rng.random() < own for _ in range(sent))


@pytest.mark.parametrize("correlation", [0.005, 0.05])
def test_the_correlation_of_random_days_is_estimated(correlation: float) -> None:
    """On average over many samples of four days. One sample is a rough estimate."""
    rng, sent, rate, estimates = random.Random(20260213), 300, 0.2, []
    for _ in range(300):
        missed = [draw_misses(rng, sent, rate, correlation) for _ in range(4)]
        share = sum(missed) / (4 * sent)
        estimates.append(
            intraclass_correlation([(sent, count, sent * share, sent * share * (1 - share)) for count in missed])
        )
    assert mean(estimates) == pytest.approx(correlation, rel=0.35)


@given(st.integers(0, 10**6), st.floats(0, 1))
def test_correlated_sms_have_a_smaller_sample_size(sent: int, correlation: float) -> None:
    assert 0 <= effective_sample_size(sent, correlation) <= sent
    assert effective_sample_size(sent, 0) == sent


def test_even_counts_have_a_dispersion_of_one_and_bursts_a_larger_one() -> None:
    assert dispersion_index([100, 103, 98, 99]) == 1
    assert dispersion_index([0, 0, 0, 0]) == 1
    assert dispersion_index([0, 0, 0, 400]) == pytest.approx(400)
