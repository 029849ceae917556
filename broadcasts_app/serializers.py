"""Serializer of sends."""

from smsreports.api.serializers import MappingSerializer


class BroadcastSendSerializer(MappingSerializer):
    columns = (
        "id",
        "message_id",
        "recipient",
        "sender_id",
        "text",
        "status",
        "status_code",
        "segments",
        "cost",
        "sent_at",
        "delivered_at",
        "clicked_at",
        "action_type",
        "action_at",
        "broadcast_id",
    )
