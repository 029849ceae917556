"""Source of API messages: their columns in the unified list, in exports and in the list of items."""

from django.db.models import BooleanField, F, Value

from messages_app.counters import COUNTER_SPECS
from messages_app.filters import MessageFilterSet
from messages_app.loader import LOADER
from messages_app.models import Message
from messages_app.views import MessageViewSet
from smsreports.sources import Source, SourceList, SourceTable
from smsreports.unified.columns import COLUMNS, ITEM_COLUMNS, build_columns

IS_FALSE = Value(False, BooleanField())
SOURCE = Source(
    slug="api",
    model=Message,
    item_model=Message,
    sms=SourceTable(
        Message.objects.for_account,
        MessageFilterSet,
        "created_at",
        "api",
        build_columns(COLUMNS, Message, "api", sent_at=F("created_at"), clicked=IS_FALSE),
    ),
    items=SourceTable(
        lambda account: Message.objects.for_account(account).first_of_requests(),
        MessageFilterSet,
        "created_at",
        "api",
        build_columns(ITEM_COLUMNS, Message, "api", is_broadcast=IS_FALSE),
    ),
    item_key="request_key",
    receivers=lambda account, ids: Message.objects.for_account(account).get_receivers(ids),
    counter_specs=COUNTER_SPECS,
    lists=[SourceList("api", "messages", MessageViewSet, "API messages")],
    client_key="client_message_id",
    loader=LOADER,
)
