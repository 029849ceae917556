"""QuerySet of messages: first messages of requests, and the receivers of a request."""

from collections.abc import Mapping, Sequence
from typing import Any, Self, cast

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Max, OuterRef, QuerySet, Sum
from django.db.models.functions import Greatest

from smsreports.sources import MAX_RECEIVERS, ReceiverRow, Receivers

RECEIVER_COLUMNS = ("id", "recipient", "sent_at", "delivered_at", "status", "status_code", "created_at", "updated_at")


class HeadRow(ReceiverRow):
    """First message of a request. `others` are the ids of further receivers."""

    request_key: str
    segments: int
    others: Sequence[int]


class MessageQuerySet(QuerySet[Any]):
    def first_of_requests(self) -> Self:
        """Select the first message of each request, which holds the request's time, text and key."""
        return self.filter(heads_request=True)

    def other_messages(self) -> Self:
        """Select all messages of the requests except the first."""
        return self.filter(heads_request=False)

    def with_updated_at(self) -> Self:
        """Annotate each message with the time of its latest change."""
        return self.annotate(updated_at=Greatest("created_at", "sent_at", "delivered_at", "status_at"))

    def get_receivers(self, heads: Sequence[int]) -> Mapping[int, Receivers]:
        """Return the receivers of requests by the id of their first message, which is also the first receiver.

        The other receivers follow by id, up to MAX_RECEIVERS in all.
        """
        others = self.other_messages().filter(request_key=OuterRef("request_key")).order_by("id")
        other_ids = ArraySubquery(others.values("id")[: MAX_RECEIVERS - 1])
        first_messages = self.filter(id__in=heads).with_updated_at().annotate(others=other_ids)
        rows: Sequence[HeadRow] = list(first_messages.values(*RECEIVER_COLUMNS, "request_key", "segments", "others"))
        receivers = self._fetch_receivers([other for row in rows for other in row["others"]])
        totals = self._fetch_totals([row["request_key"] for row in rows])
        return {row["id"]: _build_receivers(row, receivers, totals.get(row["request_key"])) for row in rows}

    def _fetch_receivers(self, ids: Sequence[int]) -> Mapping[int, ReceiverRow]:
        rows = self.filter(id__in=ids).with_updated_at().values(*RECEIVER_COLUMNS)
        return {row["id"]: cast(ReceiverRow, row) for row in rows}

    def _fetch_totals(self, keys: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        """Return the totals of the requests' other messages by request key."""
        grouped = self.other_messages().filter(request_key__in=keys).with_updated_at().values("request_key")
        totals = grouped.annotate(number=Count("id"), parts=Sum("segments"), latest=Max("updated_at"))
        return {row["request_key"]: row for row in totals.order_by()}


def _build_receivers(head: HeadRow, others: Mapping[int, ReceiverRow], totals: Mapping[str, Any] | None) -> Receivers:
    rows = [head, *(others[other] for other in head["others"])]
    if totals is None:
        return Receivers(1, head["segments"], head["updated_at"], rows)
    return Receivers(
        total=1 + totals["number"],
        segments=head["segments"] + totals["parts"],
        updated_at=max(head["updated_at"], totals["latest"]),
        rows=rows,
    )
