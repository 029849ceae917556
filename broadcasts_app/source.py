"""Source of broadcasts: the columns of sends in the unified list and exports, and of broadcasts as items."""

from collections.abc import Mapping, Sequence

from django.db.models import BooleanField, CharField, F, Q, Value
from django.db.models.expressions import ExpressionWrapper
from django.db.models.functions import Cast

from broadcasts_app.counters import COUNTER_SPECS
from broadcasts_app.filters import BroadcastFilterSet, BroadcastSendFilterSet
from broadcasts_app.models import Broadcast, BroadcastSend
from broadcasts_app.views import BroadcastSendViewSet
from smsreports.accounts.models import Account
from smsreports.sources import Receivers, Source, SourceTable

TEXT, FLAG = CharField(), BooleanField()

UNIFIED = {
    "id": F("id"),
    "source": Value("campaign", TEXT),
    "recipient": F("recipient"),
    "sender_id": F("sender_id"),
    "text": F("text"),
    "status": F("status"),
    "status_code": F("status_code"),
    "cost": F("cost"),
    "sent_at": F("sent_at"),
    "delivered_at": F("delivered_at"),
    "clicked": ExpressionWrapper(Q(clicked_at__isnull=False), FLAG),
    "clicked_at": F("clicked_at"),
    "action_type": F("action_type"),
    "action_at": F("action_at"),
    "message_id": F("message_id"),
    "client_message_id": Cast(Value(None), TEXT),
    "segments": F("segments"),
    "broadcast_id": F("broadcast_id"),
    "broadcast_name": F("broadcast__name"),
}
ITEM = {
    "id": F("id"),
    "source": Value("broadcasts", TEXT),
    "created_at": F("created_at"),
    "text": F("text"),
    "contact_group_id": F("contact_group_id"),
    "is_broadcast": Value(True, FLAG),
}


def get_receivers(account: Account, broadcasts: Sequence[int]) -> Mapping[int, Receivers]:
    own_broadcasts = Broadcast.objects.for_account(account).filter(id__in=broadcasts)
    receivers: Mapping[int, Receivers] = BroadcastSend.objects.for_account(account).get_receivers(own_broadcasts)
    return receivers


SOURCE = Source(
    slug="broadcasts",
    sms=SourceTable(BroadcastSend.objects.for_account, BroadcastSendFilterSet, "sent_at", "campaign", UNIFIED),
    items=SourceTable(Broadcast.objects.for_account, BroadcastFilterSet, "created_at", "broadcasts", ITEM),
    item_key="key",
    receivers=get_receivers,
    counter_specs=COUNTER_SPECS,
    viewset=BroadcastSendViewSet,
)
