"""Filters of broadcasts and sends. The period applies to the time of each."""

import django_filters as filters
from django import forms

from broadcasts_app.models import Broadcast, BroadcastSend
from smsreports.queries.filters import CompiledFilter, InTimeFilter, SmsFilterSet, WindowFilter


class BroadcastFilter(CompiledFilter, filters.NumberFilter):
    """Filter by primary key. It accepts integers only, because a decimal parameter would not use the index."""

    field_class = forms.IntegerField


class BroadcastFilterSet(filters.FilterSet):
    period = WindowFilter("created_at")

    class Meta:
        model = Broadcast
        fields: list[str] = []


class BroadcastSendFilterSet(SmsFilterSet):
    period = WindowFilter("sent_at")
    in_time = InTimeFilter("sent_at")
    broadcast = BroadcastFilter("broadcast")
    # Times of events of a broadcast's SMS. Only the report pages offer them.
    sent = WindowFilter("sent_at")
    clicked = WindowFilter("clicked_at")
    action = WindowFilter("action_at")

    class Meta:
        model = BroadcastSend
        fields: list[str] = []
