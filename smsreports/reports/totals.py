"""Sums as people read them: totals, rates with their intervals, and what changed."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any

from smsreports.sms.statuses import StatusGroup

CENT = Decimal("0.01")
# Of the counters' measures, what Totals are made of.
TOTALS_MEASURES = ("sms", "cost")
# As words: an enumeration takes longer to look up than a page's sums to add.
GROUP_NAMES = tuple(group.value for group in StatusGroup)
# Standard deviations of a 95 % interval.
Z_SCORE_95_PERCENT = 1.959964


@dataclass(frozen=True)
class Totals:
    """What some SMS add up to: their number by status group, and their exact cost."""

    sms_by_group: Mapping[str, int]
    cost: Decimal

    @classmethod
    def from_groups(cls, groups: Mapping[str, Mapping[str, Any]]) -> "Totals":
        sms = {group: groups[group]["sms"] if group in groups else 0 for group in GROUP_NAMES}
        return cls(sms, sum((part["cost"] for part in groups.values()), Decimal(0)))

    @classmethod
    def sum_of(cls, totals: Iterable["Totals"]) -> "Totals":
        parts = list(totals)
        sms = {group: sum([part.sms_by_group[group] for part in parts]) for group in GROUP_NAMES}
        return cls(sms, sum((part.cost for part in parts), Decimal(0)))

    @cached_property
    def sent(self) -> int:
        return sum(self.sms_by_group.values())

    @property
    def delivered(self) -> int:
        return self.sms_by_group[StatusGroup.DELIVERED]

    @cached_property
    def rate(self) -> Decimal | None:
        """Delivered of 100 sent, rounded as `stats` rounds; None of nothing."""
        return (Decimal(100 * self.delivered) / self.sent).quantize(CENT, ROUND_HALF_UP) if self.sent else None

    @property
    def cost_per_sms(self) -> Decimal | None:
        """What one SMS cost, to a hundredth of a cent."""
        return (self.cost / self.sent).quantize(CENT * CENT, ROUND_HALF_UP) if self.sent else None

    @property
    def rate_interval(self) -> tuple[float, float] | None:
        return compute_wilson_interval(self.delivered, self.sent)


def compute_wilson_interval(part: int, whole: int) -> tuple[float, float] | None:
    """Between which two percentages the true rate lies, with 95 % certainty: Wilson's score interval, which is
    honest about small numbers (3 of 4 may be 30 %) and never leaves 0 to 100."""
    if not whole:
        return None
    share, z = part / whole, Z_SCORE_95_PERCENT
    centre = share + z * z / (2 * whole)
    spread = z * math.sqrt(share * (1 - share) / whole + z * z / (4 * whole * whole))
    low, high = (100 * (centre + sign * spread) / (1 + z * z / whole) for sign in (-1, 1))
    return max(low, 0.0), min(high, 100.0)


def compute_change_percent(now: Decimal | int, before: Decimal | int) -> Decimal | None:
    """By how many percent it grew; None where there was nothing before."""
    return ((Decimal(now) - before) * 100 / before).quantize(Decimal("0.1"), ROUND_HALF_UP) if before else None


def subtract_rates(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    """Between two rates, in percentage points."""
    return None if now is None or before is None else now - before
