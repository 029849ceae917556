"""Views of WhatsApp messages."""

from smsreports.api.viewsets import SourceViewSet
from tests.toy_source.filters import WhatsAppFilterSet
from tests.toy_source.models import WhatsAppMessage
from tests.toy_source.serializers import WhatsAppMessageSerializer


class WhatsAppMessageViewSet(SourceViewSet):
    queryset = WhatsAppMessage.unscoped.all()
    serializer_class = WhatsAppMessageSerializer
    filterset_class = WhatsAppFilterSet
    ordering = ("-created_at", "-id")
