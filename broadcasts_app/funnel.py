"""Funnel of a broadcast: the number of SMS sent, delivered, clicked and acted upon, and the cost of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from broadcasts_app.models import BroadcastSend
from smsreports.accounts.models import Account
from smsreports.counters.queries import sum_broadcasts
from smsreports.sms.statuses import StatusGroup

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Step:
    """One funnel step: number of SMS, percent of those sent, and cost per SMS (None when a divisor is 0)."""

    name: str
    number: int
    share: Decimal | None
    cost_per_sms: Decimal | None


@dataclass(frozen=True)
class Funnel:
    """Results of a broadcast: the counters' measures by status group, and the number of SMS that led to an action."""

    groups: Mapping[str, Mapping[str, Any]]
    acted: int

    @property
    def sent(self) -> int:
        return self._sum_measure("sms")

    @property
    def delivered(self) -> int:
        return int(self.groups[StatusGroup.DELIVERED]["sms"]) if StatusGroup.DELIVERED in self.groups else 0

    @property
    def clicked(self) -> int:
        return self._sum_measure("unique_clicks")

    @property
    def actions(self) -> int:
        """Number of actions. One SMS may lead to several."""
        return self._sum_measure("actions")

    @property
    def cost(self) -> Decimal:
        return sum((measures["cost"] for measures in self.groups.values()), Decimal(0))

    @property
    def steps(self) -> Sequence[Step]:
        numbers = {"sent": self.sent, "delivered": self.delivered, "clicked": self.clicked, "action": self.acted}
        return [self._build_step(name, number) for name, number in numbers.items()]

    def _build_step(self, name: str, number: int) -> Step:
        """Compute the share of the SMS sent to a hundredth of a percent, and the cost to a hundredth of a cent."""
        share = (Decimal(100 * number) / self.sent).quantize(CENT, ROUND_HALF_UP) if self.sent else None
        cost_per_sms = (self.cost / number).quantize(CENT * CENT, ROUND_HALF_UP) if number else None
        return Step(name, number, share, cost_per_sms)

    def _sum_measure(self, measure: str) -> int:
        return sum(measures[measure] for measures in self.groups.values())


def build_funnels(account: Account, broadcasts: Sequence[int]) -> Mapping[int, Funnel]:
    """Return the funnels by broadcast id, in two queries."""
    groups = sum_broadcasts(account, broadcasts)
    acted = BroadcastSend.objects.for_account(account).count_acted(broadcasts)
    return {broadcast: Funnel(groups.get(broadcast, {}), acted.get(broadcast, 0)) for broadcast in broadcasts}
