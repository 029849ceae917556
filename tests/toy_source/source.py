"""Source of WhatsApp messages: their columns in the unified list, in exports and in the list of items."""

from django.db.models import BooleanField, F, Value

from smsreports.sources import Source, SourceList, SourceTable
from smsreports.unified.columns import COLUMNS, ITEM_COLUMNS, build_columns
from tests.toy_source.counters import COUNTER_SPECS
from tests.toy_source.filters import WhatsAppFilterSet
from tests.toy_source.loader import LOADER
from tests.toy_source.models import WhatsAppMessage
from tests.toy_source.views import WhatsAppMessageViewSet

IS_FALSE = Value(False, BooleanField())
SOURCE = Source(
    slug="whatsapp",
    model=WhatsAppMessage,
    item_model=WhatsAppMessage,
    sms=SourceTable(
        WhatsAppMessage.objects.for_account,
        WhatsAppFilterSet,
        "created_at",
        "whatsapp",
        build_columns(COLUMNS, WhatsAppMessage, "whatsapp", sent_at=F("created_at"), clicked=IS_FALSE),
    ),
    items=SourceTable(
        WhatsAppMessage.objects.for_account,
        WhatsAppFilterSet,
        "created_at",
        "whatsapp",
        build_columns(ITEM_COLUMNS, WhatsAppMessage, "whatsapp", is_broadcast=IS_FALSE),
    ),
    item_key="client_message_id",
    receivers=lambda account, ids: WhatsAppMessage.objects.for_account(account).get_receivers(ids),
    counter_specs=COUNTER_SPECS,
    lists=[SourceList("whatsapp", "whatsapp", WhatsAppMessageViewSet, "WhatsApp messages")],
    client_key="client_message_id",
    loader=LOADER,
)
