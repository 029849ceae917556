"""Serializer of WhatsApp messages."""

from smsreports.api.serializers import MappingSerializer
from tests.toy_source.models import WhatsAppMessage


class WhatsAppMessageSerializer(MappingSerializer):
    class Meta:
        model = WhatsAppMessage
        fields = (
            "id",
            "client_message_id",
            "message_id",
            "recipient",
            "sender_id",
            "text",
            "template",
            "status",
            "status_code",
            "segments",
            "cost",
            "created_at",
            "delivered_at",
        )
