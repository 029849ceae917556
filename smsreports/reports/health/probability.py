"""Tests of chance: exact tail probabilities as natural logarithms, since they may be tiny."""

import math
from collections.abc import Sequence

# Relative size below which the terms of a decreasing sum are left out.
NEGLIGIBLE_TERM = 1e-16


def log_fisher_tail(missed: int, sent: int, misses: int, whole: int) -> float:
    """Return the log probability that at least `missed` of `sent` SMS are among the `misses` of all `whole` SMS.

    This is Fisher's one-sided test, which is exact for small numbers too. 0 (certain) if no more missed than expected.
    """
    if missed * whole <= sent * misses:
        return 0.0
    first = (
        _log_binomial_coefficient(misses, missed)
        + _log_binomial_coefficient(whole - misses, sent - missed)
        - _log_binomial_coefficient(whole, sent)
    )
    total = term = 1.0
    for k in range(missed, min(sent, misses)):
        term *= (misses - k) * (sent - k) / ((k + 1) * (whole - misses - sent + k + 1))
        total += term
        if term < NEGLIGIBLE_TERM * total:
            break
    return min(first + math.log(total), 0.0)


def log_binomial_tail(count: int, whole: int, share: float) -> float:
    """Return the log probability that at most `count` of `whole` are in a part with this `share` of all.

    This is the binomial tail. 0 (certain) if `count` is no less than expected.
    """
    if count >= whole * share:
        return 0.0
    first = _log_binomial_coefficient(whole, count) + count * math.log(share) + (whole - count) * math.log1p(-share)
    total = term = 1.0
    for k in range(count, 0, -1):
        term *= k * (1 - share) / ((whole - k + 1) * share)
        total += term
        if term < NEGLIGIBLE_TERM * total:
            break
    return min(first + math.log(total), 0.0)


def _log_binomial_coefficient(whole: int, part: int) -> float:
    return math.lgamma(whole + 1) - math.lgamma(part + 1) - math.lgamma(whole - part + 1)


def benjamini_hochberg_threshold(log_chances: Sequence[float], false_discovery_rate: float) -> float:
    """Return the largest of these log probabilities that is significant; -inf if none is.

    At most the share `false_discovery_rate` of the significant ones may be chance (Benjamini and Hochberg). Among a
    hundred slices some have low probabilities by chance.
    """
    threshold = -math.inf
    for rank, log_chance in enumerate(sorted(log_chances), start=1):
        if log_chance <= math.log(false_discovery_rate * rank / len(log_chances)):
            threshold = log_chance
    return threshold


def intraclass_correlation(days: Sequence[tuple[int, int, float, float]]) -> float:
    """Estimate how much days differ beyond chance: the correlation of two SMS of the same day, by moments, from 0 to 1.

    A day is the number of its SMS, its misses, and their expected number and variance if only chance were at work.
    """
    known = [day for day in days if day[3] > 0]
    whole = sum(sent for sent, *_ in known)
    observed = sum((missed - expected) ** 2 / variance for _, missed, expected, variance in known)
    by_chance = sum(1 - sent / whole for sent, *_ in known)
    slope = sum((1 - sent / whole) * (sent - 1) for sent, *_ in known)
    return min(max((observed - by_chance) / slope, 0.0), 1.0) if slope > 0 else 0.0


def effective_sample_size(sent: float, correlation: float) -> float:
    """Return the number of independent SMS that correlated SMS of one day are worth."""
    return sent / (1 + max(sent - 1, 0) * correlation)


def dispersion_index(counts: Sequence[int]) -> float:
    """Return the variance of the counts relative to that of random arrivals; at least 1."""
    mean = sum(counts) / len(counts)
    return max(sum((count - mean) ** 2 for count in counts) / (mean * (len(counts) - 1)), 1.0) if mean else 1.0
