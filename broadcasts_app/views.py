"""Views of broadcasts, and of the SMS of one."""

from collections.abc import Sequence
from typing import cast

from django.http import Http404

from broadcasts_app.filters import BroadcastFilterSet, BroadcastSendFilterSet
from broadcasts_app.models import Broadcast, BroadcastSend
from broadcasts_app.serializers import BroadcastSerializer
from smsreports.api.viewsets import SourceViewSet
from smsreports.counters.queries import sum_broadcasts
from smsreports.queries.listing import AccountTables
from smsreports.queries.query_string import MAX_BIGINT
from smsreports.queries.rows import Row
from smsreports.sources import SourceTable, get_source_of
from smsreports.unified.serializers import UnifiedSerializer


class BroadcastViewSet(SourceViewSet):
    """Broadcasts of the account, each with its counters over all days."""

    queryset = Broadcast.unscoped.all()
    serializer_class = BroadcastSerializer
    filterset_class = BroadcastFilterSet
    ordering = ("-created_at", "-id")
    measure = "requests"
    has_figures = True

    def complete_rows(self, rows: Sequence[Row]) -> Sequence[Row]:
        ids = [cast(int, row["id"]) for row in rows]
        figures = sum_broadcasts(self.account, ids)
        return [{**row, "figures": figures.get(broadcast, {})} for broadcast, row in zip(ids, rows, strict=True)]


class BroadcastSendViewSet(SourceViewSet):
    """SMS of one broadcast, as the unified list shows them."""

    queryset = BroadcastSend.unscoped.all()
    serializer_class = UnifiedSerializer
    filterset_class = BroadcastSendFilterSet
    ordering = ("-sent_at", "-id")
    # A broadcast is a window of its own.
    has_default_period = False

    @classmethod
    def as_source_table(cls) -> SourceTable:
        return get_source_of(BroadcastSend).sms

    def get_queryset(self) -> AccountTables:  # type: ignore[override]
        """Return the SMS of the broadcast that the address names. Raises Http404 if the account has no such."""
        broadcast = self.kwargs["broadcast"]
        if broadcast > MAX_BIGINT or not Broadcast.objects.for_account(self.account).filter(pk=broadcast).exists():
            raise Http404
        return super().get_queryset().narrow(broadcast=broadcast)
