"""Whether chance explains it: exact tails of probability, as natural logarithms, since they may be tiny."""

import math
from collections.abc import Sequence

# What is left out of a sum of falling terms.
NEGLIGIBLE_TERM = 1e-16


def log_fisher_tail(missed: int, sent: int, misses: int, whole: int) -> float:
    """How likely `missed` or more of `sent` SMS are among the `misses` of `whole`, if they are drawn blindly: the
    one-sided test of Fisher, exact for small numbers too. 0 (certain) where no more missed than must be expected."""
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


def log_binomial_tail(found: int, total_count: int, share: float) -> float:
    """How likely at most `found` of `of` fall to a part whose `share` is so large: the binomial tail. 0 (certain)
    where that are no fewer than must be expected."""
    if found >= total_count * share:
        return 0.0
    first = (
        _log_binomial_coefficient(total_count, found)
        + found * math.log(share)
        + (total_count - found) * math.log1p(-share)
    )
    total = term = 1.0
    for k in range(found, 0, -1):
        term *= k * (1 - share) / ((total_count - k + 1) * share)
        total += term
        if term < NEGLIGIBLE_TERM * total:
            break
    return min(first + math.log(total), 0.0)


def _log_binomial_coefficient(whole: int, part: int) -> float:
    return math.lgamma(whole + 1) - math.lgamma(part + 1) - math.lgamma(whole - part + 1)


def benjamini_hochberg_threshold(logs: Sequence[float], false_discovery_rate: float) -> float:
    """The largest of these logarithms that still counts, if of all that count at most the share `false` may be
    chance (Benjamini and Hochberg): who looks at a hundred slices sees the odd one by chance. -inf where none does."""
    threshold = -math.inf
    for rank, log in enumerate(sorted(logs), start=1):
        if log <= math.log(false_discovery_rate * rank / len(logs)):
            threshold = log
    return threshold


def intraclass_correlation(days: Sequence[tuple[int, int, float, float]]) -> float:
    """By how much days differ beyond chance: the correlation of two SMS of the same day, from 0 to 1, by moments.

    A day is its SMS, those that missed, and their expected number and variance if only chance were at work.
    """
    known = [day for day in days if day[3] > 0]
    whole = sum(sent for sent, *_ in known)
    found = sum((missed - expected) ** 2 / variance for _, missed, expected, variance in known)
    free = sum(1 - sent / whole for sent, *_ in known)
    grows = sum((1 - sent / whole) * (sent - 1) for sent, *_ in known)
    return min(max((found - free) / grows, 0.0), 1.0) if grows > 0 else 0.0


def effective_sample_size(sent: float, correlation: float) -> float:
    """As how many independent SMS so many of one day count."""
    return sent / (1 + max(sent - 1, 0) * correlation)


def dispersion_index(counts: Sequence[int]) -> float:
    """How many times more these counts differ than random arrivals would; at least 1."""
    mean = sum(counts) / len(counts)
    return max(sum((count - mean) ** 2 for count in counts) / (mean * (len(counts) - 1)), 1.0) if mean else 1.0
