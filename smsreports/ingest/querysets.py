"""What was reported of an SMS, and what became of each receipt."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Self

from django.db.models import Case, CharField, Count, F, Q, QuerySet, Value, When, Window
from django.db.models.functions import Collate, RowNumber

from smsreports.statuses import FINAL


class Verdict(StrEnum):
    """What became of a receipt. It follows from the receipts and the row, never from the order in which they came."""

    # The row's status comes from it, or it is a station on the way there.
    APPLIED = "applied"
    # It tells of a station at a time when the final status was there.
    LATE = "late"
    # It says again what another receipt, or a record of the SMS itself, says at a later time.
    DUPLICATE = "duplicate"
    # A final status other than the one that won.
    CONTRADICTS = "contradicts"
    # Its SMS is not known.
    WAITING = "waiting"


class EventQuerySet(QuerySet[Any]):
    def receipts_of(self, message: Mapping[str, Any]) -> Self:
        """The receipts that name this message by its client's id, or by the carrier's once that is known."""
        named = Q(reference_kind="client_message_id", reference=message["client_message_id"])
        if message["message_id"] is not None:
            named |= Q(reference_kind="message_id", reference=message["message_id"])
        return self.filter(named, kind="receipt")

    def with_verdict(self, sms: Mapping[str, Any]) -> Self:
        """All receipts of one SMS, whose `status`, `status_code` and `status_at` are given, each with its `verdict`.

        `total` says how many there are, whatever is cut from the result.
        """
        final, same = Q(status__in=FINAL), Q(status=sms["status"])
        late = ~final & Q(at__gt=sms["status_at"])
        won = Q(at=sms["status_at"], status_code=sms["status_code"])
        best_first = [F("at").desc(), Collate("status_code", "C").desc(), F("reference_kind").asc()]
        of_a_status: list[F | Case] = [F("status"), Case(When(late, then=1), default=0)]
        verdict = Case(
            When(waits=True, then=Value(Verdict.WAITING.value)),
            When(final & ~same, then=Value(Verdict.CONTRADICTS.value)),
            When(late, then=Value(Verdict.LATE.value)),
            When(Q(place__gt=1) | same & ~won, then=Value(Verdict.DUPLICATE.value)),
            default=Value(Verdict.APPLIED.value),
            output_field=CharField(),
        )
        return self.annotate(
            place=Window(RowNumber(), partition_by=of_a_status, order_by=best_first),
            total=Window(Count("id")),
            verdict=verdict,
        )

    def in_time(self) -> Self:
        """By the reporter's clock; the rest makes the order total."""
        return self.order_by("at", "status", Collate("status_code", "C"), "reference_kind")
