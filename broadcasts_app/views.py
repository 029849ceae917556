"""The list of sends, and one by its carrier's id."""

from broadcasts_app.filters import BroadcastSendFilterSet
from broadcasts_app.models import BroadcastSend
from broadcasts_app.serializers import BroadcastSendSerializer
from smsreports.api.viewsets import SmsViewSet


class BroadcastSendViewSet(SmsViewSet):
    slug = "broadcasts"
    rows = BroadcastSend.objects
    time = "sent_at"
    filterset_class = BroadcastSendFilterSet
    serializer_class = BroadcastSendSerializer
