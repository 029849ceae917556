"""Serializers of broadcasts and sends."""

from broadcasts_app.models import Broadcast
from smsreports.api.serializers import MappingSerializer


class BroadcastSerializer(MappingSerializer):
    class Meta:
        model = Broadcast
        fields = ("id", "key", "name", "text", "sender_id", "contact_group_id", "created_at")
