"""Filters of messages. The period applies to `created_at`."""

from messages_app.models import Message
from smsreports.queries.filters import InTimeFilter, SmsFilterSet, WindowFilter


class MessageFilterSet(SmsFilterSet):
    period = WindowFilter("created_at")
    in_time = InTimeFilter("created_at")

    class Meta:
        model = Message
        fields: list[str] = []
