"""Serializer of messages."""

from messages_app.models import Message
from smsreports.api.serializers import MappingSerializer


class MessageSerializer(MappingSerializer):
    class Meta:
        model = Message
        fields = (
            "id",
            "client_message_id",
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
