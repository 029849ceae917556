"""Source of API messages: their columns in the unified list, in exports and in the list of items."""

from typing import Any

from django.db.models import BigIntegerField, BooleanField, CharField, DateTimeField, Expression, F, Value
from django.db.models.functions import Cast

from messages_app.counters import COUNTER_SPECS
from messages_app.filters import MessageFilterSet
from messages_app.models import Message
from messages_app.views import MessageViewSet
from smsreports.sources import Source, SourceTable

TEXT, TIME, NUMBER, FLAG = CharField(), DateTimeField(), BigIntegerField(), BooleanField()


def typed_null(field: Any) -> Expression:
    """Return NULL in the type of a column that only other sources have."""
    return Cast(Value(None), field)


UNIFIED = {
    "id": F("id"),
    "source": Value("api", TEXT),
    "recipient": F("recipient"),
    "sender_id": F("sender_id"),
    "text": F("text"),
    "status": F("status"),
    "status_code": F("status_code"),
    "cost": F("cost"),
    "sent_at": F("created_at"),
    "delivered_at": F("delivered_at"),
    "clicked": Value(False, FLAG),
    "clicked_at": typed_null(TIME),
    "action_type": typed_null(TEXT),
    "action_at": typed_null(TIME),
    "message_id": F("message_id"),
    "client_message_id": F("client_message_id"),
    "segments": F("segments"),
    "broadcast_id": typed_null(NUMBER),
    "broadcast_name": typed_null(TEXT),
}
ITEM = {
    "id": F("id"),
    "source": Value("api", TEXT),
    "created_at": F("created_at"),
    "text": F("text"),
    "contact_group_id": F("contact_group_id"),
    "is_broadcast": Value(False, FLAG),
}
SOURCE = Source(
    slug="api",
    sms=SourceTable(Message.objects.for_account, MessageFilterSet, "created_at", "api", UNIFIED),
    items=SourceTable(
        lambda account: Message.objects.for_account(account).first_of_requests(),
        MessageFilterSet,
        "created_at",
        "api",
        ITEM,
    ),
    item_key="request_key",
    receivers=lambda account, ids: Message.objects.for_account(account).get_receivers(ids),
    counter_specs=COUNTER_SPECS,
    viewset=MessageViewSet,
)
