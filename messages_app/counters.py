"""Counters of messages: the dimensions and measures that are kept per day."""

from smsreports.counters.models import Grain
from smsreports.counters.specs import CounterSpec

COUNTER_SPECS = (
    CounterSpec(
        source="api",
        table="messages_app_message",
        time="created_at",
        dimensions={
            "status_group": "t.status_group",
            "sender_id": "t.sender_id",
            "country": "coalesce(t.country, '')",
        },
        measures={"sms": "1", "requests": "t.heads_request::int", "segments": "t.segments", "cost": "t.cost"},
        grains=(Grain.DAY, Grain.ROUTE),
    ),
)
