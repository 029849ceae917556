"""Views of messages."""

from messages_app.filters import MessageFilterSet
from messages_app.models import Message
from messages_app.serializers import MessageSerializer
from smsreports.api.viewsets import SourceViewSet


class MessageViewSet(SourceViewSet):
    queryset = Message.unscoped.all()
    serializer_class = MessageSerializer
    filterset_class = MessageFilterSet
    ordering = ("-created_at", "-id")
