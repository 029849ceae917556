"""Campaigns: items that one text made for many recipients, which have pages of their own and a funnel of results."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from smsreports.accounts.models import Account
from smsreports.counters.models import Measures
from smsreports.database.compiled import CompiledQuery
from smsreports.sms.statuses import StatusGroup

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Campaign:
    """One campaign as pages show it. `key` is the account's own id of it."""

    id: int
    key: str
    name: str
    text: str
    sender_id: str
    created_at: datetime


@dataclass(frozen=True)
class Step:
    """One funnel step: number of SMS, percent of those sent, and cost per SMS (None when a divisor is 0)."""

    name: str
    number: int
    share: Decimal | None
    cost_per_sms: Decimal | None


@dataclass(frozen=True)
class Funnel:
    """Results of a campaign: the counters' measures by status group, and the number of SMS that led to an action."""

    groups: Mapping[str, Measures]
    acted: int

    @property
    def sent(self) -> int:
        return sum(measures["sms"] for measures in self.groups.values())

    @property
    def delivered(self) -> int:
        return self.groups[StatusGroup.DELIVERED]["sms"] if StatusGroup.DELIVERED in self.groups else 0

    @property
    def clicked(self) -> int:
        return sum(measures["unique_clicks"] for measures in self.groups.values())

    @property
    def actions(self) -> int:
        """Number of actions. One SMS may lead to several."""
        return sum(measures["actions"] for measures in self.groups.values())

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


@dataclass(frozen=True)
class CampaignQueries:
    """Queries that a source with campaigns offers to the pages of campaigns. All are of one account."""

    # Loads the campaigns with these ids, by id.
    load_campaigns: Callable[[Account, Sequence[int]], Mapping[int, Campaign]]
    # Builds the funnel of each of these ids, by id.
    build_funnels: Callable[[Account, Sequence[int]], Mapping[int, Funnel]]
    # Selects the first SMS of a campaign, up to a number: the time of sending, the time of the delivery receipt, the
    # status group, and the times of the first click and the first action.
    select_first_sms: Callable[[Account, int, int], CompiledQuery]
    # The filter that narrows the source's SMS to one campaign. It takes an id.
    filter_name: str
