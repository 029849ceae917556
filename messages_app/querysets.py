"""Which messages: heads of requests, and the receivers of a request."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Max, OuterRef, QuerySet, Sum
from django.db.models.functions import Greatest

from smsreports.sources import MAX_RECEIVERS, Receivers

RECEIVER = ("id", "recipient", "sent_at", "delivered_at", "status", "status_code", "created_at", "updated_at")


class MessageQuerySet(QuerySet[Any]):
    def first_of_requests(self) -> Self:
        """One message of each request: the request's own time, text and key stand there."""
        return self.filter(heads_request=True)

    def other_messages(self) -> Self:
        """The other messages of each request."""
        return self.filter(heads_request=False)

    def with_updated_at(self) -> Self:
        """The latest change of each message."""
        return self.annotate(updated_at=Greatest("created_at", "sent_at", "delivered_at", "status_at"))

    def get_receivers(self, heads: Sequence[int]) -> Mapping[int, Receivers]:
        """The receivers of the requests that these messages (by id) head: the head, then the others by id."""
        found = self.filter(id__in=heads).with_updated_at().annotate(others=self._ids_of_others())
        rows = list(found.values(*RECEIVER, "request_key", "segments", "others"))
        others = self._by_id([other for row in rows for other in row["others"]])
        totals = self._totals_of_others([row["request_key"] for row in rows])
        return {row["id"]: _build_receivers(row, others, totals.get(row["request_key"])) for row in rows}

    def _ids_of_others(self) -> ArraySubquery:
        others = self.other_messages().filter(request_key=OuterRef("request_key")).order_by("id")
        return ArraySubquery(others.values("id")[: MAX_RECEIVERS - 1])

    def _by_id(self, ids: Sequence[int]) -> Mapping[int, Mapping[str, Any]]:
        rows = self.filter(id__in=ids).with_updated_at().values(*RECEIVER)
        return {row["id"]: row for row in rows}

    def _totals_of_others(self, keys: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        grouped = self.other_messages().filter(request_key__in=keys).with_updated_at().values("request_key")
        totals = grouped.annotate(number=Count("id"), parts=Sum("segments"), latest=Max("updated_at"))
        return {row["request_key"]: row for row in totals.order_by()}


def _build_receivers(
    head: Mapping[str, Any], others: Mapping[int, Mapping[str, Any]], totals: Mapping[str, Any] | None
) -> Receivers:
    rows = [head, *(others[other] for other in head["others"])]
    if totals is None:
        return Receivers(1, head["segments"], head["updated_at"], rows)
    return Receivers(
        total=1 + totals["number"],
        segments=head["segments"] + totals["parts"],
        updated_at=max(head["updated_at"], totals["latest"]),
        rows=rows,
    )
