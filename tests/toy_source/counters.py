"""Counters of WhatsApp messages: the dimensions and measures that are kept per day."""

from smsreports.counters.models import Grain
from smsreports.counters.specs import CounterSpec

COUNTER_SPECS = (
    CounterSpec(
        source="whatsapp",
        table="whatsapp_whatsappmessage",
        time="created_at",
        dimensions={
            "status_group": "t.status_group",
            "sender_id": "t.sender_id",
            "country": "coalesce(t.country, '')",
        },
        measures={"sms": "1", "requests": "1", "segments": "t.segments", "cost": "t.cost"},
        grains=(Grain.DAY, Grain.ROUTE),
    ),
)
