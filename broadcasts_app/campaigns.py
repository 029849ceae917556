"""Broadcasts as campaigns: what their pages read."""

from collections.abc import Mapping, Sequence

from broadcasts_app.models import Broadcast, BroadcastSend
from smsreports.accounts.models import Account
from smsreports.campaigns import Campaign, CampaignQueries, Funnel
from smsreports.counters.queries import sum_broadcasts
from smsreports.database.compiled import CompiledQuery


def load_campaigns(account: Account, broadcasts: Sequence[int]) -> Mapping[int, Campaign]:
    rows = Broadcast.objects.for_account(account).filter(pk__in=broadcasts).order_by()
    campaigns = (Campaign(*row) for row in rows.values_list("id", "key", "name", "text", "sender_id", "created_at"))
    return {campaign.id: campaign for campaign in campaigns}


def build_funnels(account: Account, broadcasts: Sequence[int]) -> Mapping[int, Funnel]:
    """Return the funnels by broadcast id, in two queries."""
    groups = sum_broadcasts(account, broadcasts)
    acted = BroadcastSend.objects.for_account(account).count_acted(broadcasts)
    return {broadcast: Funnel(groups.get(broadcast, {}), acted.get(broadcast, 0)) for broadcast in broadcasts}


def select_first_sends(account: Account, broadcast: int, limit: int) -> CompiledQuery:
    """Select the sends that were stored first, which the index `send_of_broadcast` has in this order."""
    sends = BroadcastSend.objects.for_account(account).filter(broadcast=broadcast).order_by("id")
    columns = ("sent_at", "delivered_at", "status_group", "clicked_at", "action_at")
    return CompiledQuery.from_queryset(sends.values_list(*columns)[:limit])


CAMPAIGNS = CampaignQueries(load_campaigns, build_funnels, select_first_sends, filter_name="broadcast")
