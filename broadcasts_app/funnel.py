"""The funnel of a broadcast: how many of its SMS came how far, and what each of those cost."""

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
    """How many SMS came so far, their share of those sent in percent, and what each of them cost; None of nothing."""

    name: str
    number: int
    share: Decimal | None
    each: Decimal | None


@dataclass(frozen=True)
class Funnel:
    """What came of a broadcast: the counters' measures by status group, and how many SMS led to an action."""

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
        """An SMS may lead to several."""
        return self._sum_measure("actions")

    @property
    def cost(self) -> Decimal:
        return sum((part["cost"] for part in self.groups.values()), Decimal(0))

    @property
    def steps(self) -> Sequence[Step]:
        numbers = {"sent": self.sent, "delivered": self.delivered, "clicked": self.clicked, "action": self.acted}
        return [
            Step(name, number, self._percent_of_sent(number), self._cost_each(number))
            for name, number in numbers.items()
        ]

    def _percent_of_sent(self, number: int) -> Decimal | None:
        return (Decimal(100 * number) / self.sent).quantize(CENT, ROUND_HALF_UP) if self.sent else None

    def _cost_each(self, number: int) -> Decimal | None:
        """To a hundredth of a cent."""
        return (self.cost / number).quantize(CENT * CENT, ROUND_HALF_UP) if number else None

    def _sum_measure(self, measure: str) -> int:
        return sum(part[measure] for part in self.groups.values())


def build_funnels(account: Account, broadcasts: Sequence[int]) -> Mapping[int, Funnel]:
    """By broadcast id, in two queries."""
    groups = sum_broadcasts(account, broadcasts)
    acted = BroadcastSend.objects.for_account(account).count_acted(broadcasts)
    return {one: Funnel(groups.get(one, {}), acted.get(one, 0)) for one in broadcasts}
