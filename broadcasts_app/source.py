"""Source of broadcasts: the columns of sends in the unified list and exports, and of broadcasts as items."""

from collections.abc import Mapping, Sequence

from django.db.models import BooleanField, ExpressionWrapper, F, Q, Value

from broadcasts_app.campaigns import CAMPAIGNS
from broadcasts_app.counters import COUNTER_SPECS
from broadcasts_app.filters import BroadcastFilterSet, BroadcastSendFilterSet
from broadcasts_app.loader import LOADER
from broadcasts_app.models import Broadcast, BroadcastSend
from broadcasts_app.views import BroadcastSendViewSet, BroadcastViewSet
from smsreports.accounts.models import Account
from smsreports.sources import Receivers, Source, SourceList, SourceTable
from smsreports.unified.columns import COLUMNS, ITEM_COLUMNS, build_columns


def get_receivers(account: Account, broadcasts: Sequence[int]) -> Mapping[int, Receivers]:
    own_broadcasts = Broadcast.objects.for_account(account).filter(id__in=broadcasts)
    receivers: Mapping[int, Receivers] = BroadcastSend.objects.for_account(account).get_receivers(own_broadcasts)
    return receivers


SOURCE = Source(
    slug="broadcasts",
    model=BroadcastSend,
    item_model=Broadcast,
    sms=SourceTable(
        BroadcastSend.objects.for_account,
        BroadcastSendFilterSet,
        "sent_at",
        "campaign",
        build_columns(
            COLUMNS,
            BroadcastSend,
            "campaign",
            clicked=ExpressionWrapper(Q(clicked_at__isnull=False), BooleanField()),
            broadcast_name=F("broadcast__name"),
        ),
    ),
    items=SourceTable(
        Broadcast.objects.for_account,
        BroadcastFilterSet,
        "created_at",
        "broadcasts",
        build_columns(ITEM_COLUMNS, Broadcast, "broadcasts", is_broadcast=Value(True, BooleanField())),
    ),
    item_key="key",
    receivers=get_receivers,
    counter_specs=COUNTER_SPECS,
    lists=[
        SourceList("broadcasts", "broadcasts", BroadcastViewSet, "Broadcasts with their counters"),
        SourceList("sends", "broadcasts/<int:broadcast>/sends", BroadcastSendViewSet, "SMS of a broadcast"),
    ],
    campaigns=CAMPAIGNS,
    loader=LOADER,
)
