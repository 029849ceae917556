"""QuerySet of WhatsApp messages: each is an item with one receiver."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from django.db.models import F, QuerySet
from django.db.models.functions import Greatest

from smsreports.sources import ReceiverRow, Receivers


class WhatsAppMessageQuerySet(QuerySet[Any]):
    def get_receivers(self, ids: Sequence[int]) -> Mapping[int, Receivers]:
        """Return the one receiver of each message by the message's id."""
        times = {"sent_at": F("created_at"), "updated_at": Greatest("created_at", "delivered_at", "status_at")}
        rows = self.filter(id__in=ids).values(
            "id", "recipient", "delivered_at", "status", "status_code", "created_at", "segments", **times
        )
        return {row["id"]: Receivers(1, row["segments"], row["updated_at"], [cast(ReceiverRow, row)]) for row in rows}
