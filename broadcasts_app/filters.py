"""Filters of broadcasts and sends. The window applies to the time of each."""

import django_filters as filters
from django import forms

from broadcasts_app.models import Broadcast, BroadcastSend
from smsreports.queries.filters import InTimeFilter, SmsFilterSet


class BroadcastFilter(filters.NumberFilter):
    """Filter by primary key. It accepts integers only, because a decimal parameter would not use the index."""

    field_class = forms.IntegerField


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
    # Filters of a single broadcast's SMS, for the report pages only; no dialect has parameters for them.
    broadcast = BroadcastFilter("broadcast")
    sent_since = filters.DateTimeFilter("sent_at", "gte")
    sent_until = filters.DateTimeFilter("sent_at", "lt")
    clicked_since = filters.DateTimeFilter("clicked_at", "gte")
    clicked_until = filters.DateTimeFilter("clicked_at", "lt")
    action_since = filters.DateTimeFilter("action_at", "gte")
    action_until = filters.DateTimeFilter("action_at", "lt")

    class Meta:
        model = BroadcastSend
        fields: list[str] = []
