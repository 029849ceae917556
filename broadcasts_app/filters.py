"""What a caller may ask of broadcasts and sends: each narrowed by its own time."""

import django_filters as filters
from django import forms

from broadcasts_app.models import Broadcast, BroadcastSend
from smsreports.queries.filters import InTimeFilter, SmsFilterSet


class BroadcastFilter(filters.NumberFilter):
    """By the number of a row: a whole one, as its index has it."""

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
    # The SMS of one broadcast, and what happened to them when; no dialect has words for it, the report pages do.
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
