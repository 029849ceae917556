"""QuerySets of broadcasts and sends, and the receivers of a broadcast."""

from collections.abc import Mapping, Sequence
from typing import Any, Self, cast

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, Max, OuterRef, QuerySet, Sum
from django.db.models.functions import Greatest

from smsreports.sources import MAX_RECEIVERS, ReceiverRow, Receivers

RECEIVER_COLUMNS = ("id", "recipient", "sent_at", "delivered_at", "status", "status_code", "updated_at")


class BroadcastQuerySet(QuerySet[Any]):
    """QuerySet of broadcasts, without methods of its own."""


class BroadcastSendQuerySet(QuerySet[Any]):
    def with_updated_at(self) -> Self:
        """Annotate each send with the time of its latest change of status."""
        return self.annotate(updated_at=Greatest("sent_at", "delivered_at", "status_at"))

    def get_receivers(self, broadcasts: QuerySet[Any]) -> Mapping[int, Receivers]:
        """Return the receivers of broadcasts by broadcast id: for each the first MAX_RECEIVERS by id."""
        first = self.filter(broadcast=OuterRef("id")).order_by("id").values("id")[:MAX_RECEIVERS]
        ids = dict(broadcasts.annotate(first=ArraySubquery(first)).values_list("id", "first").order_by())
        rows = self._fetch_receivers([send for sends in ids.values() for send in sends])
        totals = self._fetch_totals(list(ids))
        return {
            broadcast: _build_receivers([rows[send] for send in sends], totals.get(broadcast))
            for broadcast, sends in ids.items()
        }

    def count_acted(self, broadcasts: Sequence[int]) -> Mapping[int, int]:
        """Return the number of SMS that led to an action, by broadcast id. Broadcasts without any are left out.

        An SMS may lead to several actions, and the counters only count the actions.
        """
        acted = self.filter(broadcast__in=broadcasts, action_at__isnull=False).order_by()
        return dict(acted.values_list("broadcast").annotate(number=Count("id")))

    def _fetch_receivers(self, ids: Sequence[int]) -> Mapping[int, ReceiverRow]:
        rows = self.filter(id__in=ids).with_updated_at().values(*RECEIVER_COLUMNS, created_at=F("sent_at"))
        return {row["id"]: cast(ReceiverRow, row) for row in rows}

    def _fetch_totals(self, broadcasts: Sequence[int]) -> Mapping[int, Mapping[str, Any]]:
        grouped = self.filter(broadcast__in=broadcasts).with_updated_at().values("broadcast")
        totals = grouped.annotate(number=Count("id"), parts=Sum("segments"), latest=Max("updated_at"))
        return {row["broadcast"]: row for row in totals.order_by()}


def _build_receivers(first: Sequence[ReceiverRow], totals: Mapping[str, Any] | None) -> Receivers:
    if totals is None:
        return Receivers(0, 0, None, first)
    return Receivers(totals["number"], totals["parts"], totals["latest"], first)
