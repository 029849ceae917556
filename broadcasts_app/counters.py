"""Counters of broadcasts and sends: the dimensions and measures that are kept per day."""

from smsreports.counters.models import Grain
from smsreports.counters.specs import CounterSpec

COUNTER_SPECS = (
    CounterSpec(
        source="broadcasts",
        table="broadcasts_app_broadcastsend",
        time="sent_at",
        dimensions={
            "status_group": "t.status_group",
            "sender_id": "t.sender_id",
            "country": "coalesce(t.country, '')",
            "broadcast_id": "t.broadcast_id",
        },
        measures={
            "sms": "1",
            "segments": "t.segments",
            "cost": "t.cost",
            "clicks": "t.click_count",
            "unique_clicks": "(t.clicked_at IS NOT NULL)::int",
            "actions": "t.action_count",
        },
        grains=(Grain.DAY, Grain.ROUTE, Grain.BROADCAST),
    ),
    # Each broadcast counts as one request, on the day of its creation.
    CounterSpec(
        source="broadcasts",
        table="broadcasts_app_broadcast",
        time="created_at",
        dimensions={},
        measures={"requests": "1"},
    ),
)
