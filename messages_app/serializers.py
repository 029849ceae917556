"""Serializer of messages."""

from smsreports.api.serializers import MappingSerializer


class MessageSerializer(MappingSerializer):
    columns = (
        "id",
        "client_message_id",
        "message_id",
        "recipient",
        "sender_id",
        "text",
        "status",
        "status_code",
        "segments",
        "cost",
        "created_at",
        "delivered_at",
    )
