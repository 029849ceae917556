"""Filters of WhatsApp messages. The period applies to `created_at`."""

from smsreports.queries.filters import InTimeFilter, SmsFilterSet, WindowFilter
from tests.toy_source.models import WhatsAppMessage


class WhatsAppFilterSet(SmsFilterSet):
    period = WindowFilter("created_at")
    in_time = InTimeFilter("created_at")

    class Meta:
        model = WhatsAppMessage
        fields: list[str] = []
