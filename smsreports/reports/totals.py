"""Totals of SMS, delivery rates with their intervals, and changes between periods."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.functional import cached_property

from smsreports.sms.statuses import StatusGroup

CENT = Decimal("0.01")
# Measures of the counters that Totals need.
TOTALS_MEASURES = ("sms", "cost")
# Plain strings, because looking up enum members takes longer than adding the sums of a page.
GROUP_NAMES = tuple(group.value for group in StatusGroup)
# Half the width of a 95 % interval, in standard deviations.
Z_SCORE_95_PERCENT = 1.959964


@dataclass(frozen=True)
class Totals:
    """Number of SMS by status group, and their exact cost."""

    sms_by_group: Mapping[str, int]
    cost: Decimal

    @classmethod
    def from_groups(cls, groups: Mapping[str, Mapping[str, Any]]) -> "Totals":
        sms = {group: groups[group]["sms"] if group in groups else 0 for group in GROUP_NAMES}
        return cls(sms, sum((figures["cost"] for figures in groups.values()), Decimal(0)))

    @classmethod
    def sum_of(cls, totals: Iterable["Totals"]) -> "Totals":
        items = list(totals)
        sms = {group: sum([item.sms_by_group[group] for item in items]) for group in GROUP_NAMES}
        return cls(sms, sum((item.cost for item in items), Decimal(0)))

    @cached_property
    def sent(self) -> int:
        return sum(self.sms_by_group.values())

    @property
    def delivered(self) -> int:
        return self.sms_by_group[StatusGroup.DELIVERED]

    @cached_property
    def rate(self) -> Decimal | None:
        """Delivered SMS in percent of those sent, rounded like `stats`; None if none was sent."""
        return (Decimal(100 * self.delivered) / self.sent).quantize(CENT, ROUND_HALF_UP) if self.sent else None

    @property
    def cost_per_sms(self) -> Decimal | None:
        """Average cost of an SMS, to four decimal places; None if none was sent."""
        return (self.cost / self.sent).quantize(CENT * CENT, ROUND_HALF_UP) if self.sent else None

    @property
    def rate_interval(self) -> tuple[float, float] | None:
        return compute_wilson_interval(self.delivered, self.sent)


def compute_wilson_interval(part: int, whole: int) -> tuple[float, float] | None:
    """Return the 95 % confidence interval of a rate in percent, or None if `whole` is 0.

    Wilson's score interval is accurate for small numbers (3 of 4 may be 30 %) and stays within 0 to 100.
    """
    if not whole:
        return None
    share, z = part / whole, Z_SCORE_95_PERCENT
    centre = share + z * z / (2 * whole)
    spread = z * math.sqrt(share * (1 - share) / whole + z * z / (4 * whole * whole))
    low, high = (100 * (centre + sign * spread) / (1 + z * z / whole) for sign in (-1, 1))
    return max(low, 0.0), min(high, 100.0)


def compute_change_percent(now: Decimal | int, before: Decimal | int) -> Decimal | None:
    """Return the growth in percent, or None if there was nothing before."""
    return ((Decimal(now) - before) * 100 / before).quantize(Decimal("0.1"), ROUND_HALF_UP) if before else None


def subtract_rates(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    """Return the difference of two rates in percentage points, or None if one is missing."""
    return None if now is None or before is None else now - before
