"""Views of messages."""

from messages_app.filters import MessageFilterSet
from messages_app.models import Message
from messages_app.serializers import MessageSerializer
from smsreports.api.viewsets import SourceViewSet


class MessageViewSet(SourceViewSet):
    slug = "api"
    manager = Message.objects
    time_field = "created_at"
    filterset_class = MessageFilterSet
    serializer_class = MessageSerializer
