"""The list of messages."""

from messages_app.filters import MessageFilterSet
from messages_app.models import Message
from messages_app.serializers import MessageSerializer
from smsreports.api.viewsets import SmsViewSet


class MessageViewSet(SmsViewSet):
    slug = "api"
    rows = Message.objects
    time = "created_at"
    filterset_class = MessageFilterSet
    serializer_class = MessageSerializer
