"""Filters of messages. The window applies to `created_at`."""

import django_filters as filters

from messages_app.models import Message
from smsreports.queries.filters import InTimeFilter, SmsFilterSet


class MessageFilterSet(SmsFilterSet):
    since = filters.DateTimeFilter("created_at", "gte")
    until = filters.DateTimeFilter("created_at", "lt")
    in_time = InTimeFilter("created_at")

    class Meta:
        model = Message
        fields: list[str] = []
