"""Views of sends."""

from broadcasts_app.filters import BroadcastSendFilterSet
from broadcasts_app.models import BroadcastSend
from broadcasts_app.serializers import BroadcastSendSerializer
from smsreports.api.viewsets import SourceViewSet


class BroadcastSendViewSet(SourceViewSet):
    slug = "broadcasts"
    manager = BroadcastSend.objects
    time_field = "sent_at"
    filterset_class = BroadcastSendFilterSet
    serializer_class = BroadcastSendSerializer
