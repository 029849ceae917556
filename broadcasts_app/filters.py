"""What a caller may ask of broadcasts and sends: each narrowed by its own time."""

import django_filters as filters

from broadcasts_app.models import Broadcast, BroadcastSend
from smsreports.api.filters import InTimeFilter, SmsFilterSet


class BroadcastFilterSet(filters.FilterSet):
    since = filters.DateTimeFilter("created_at", "gte")
    until = filters.DateTimeFilter("created_at", "lt")

    class Meta:
        model = Broadcast
        fields: list[str] = []


class BroadcastSendFilterSet(SmsFilterSet):
    since = filters.DateTimeFilter("sent_at", "gte")
    until = filters.DateTimeFilter("sent_at", "lt")
    in_time = InTimeFilter("sent_at")

    class Meta:
        model = BroadcastSend
        fields: list[str] = []
