"""What was reported of an SMS, and what became of each receipt."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Self

from django.db.models import Case, CharField, Count, F, Q, QuerySet, Value, When, Window
from django.db.models.functions import Collate, RowNumber

from smsreports.sms.statuses import FINAL

# What names an SMS, and what is told of an event beside how many there are.
REFERENCE_KINDS = ("client_message_id", "message_id")
ENTRY_COLUMNS = ("kind", "status", "status_code", "action_type", "at", "received_at", "verdict")


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
    def get_timeline(self, sms: Mapping[str, Any], max_entries: int) -> tuple[list[dict[str, Any]], int]:
        """The latest `max_entries` of what names this SMS, oldest first, with verdicts; and how many there are."""
        entries = self._filter_by_sms(sms).with_verdict(sms)._order_by_time().reverse().values(*ENTRY_COLUMNS, "total")
        rows = list(entries[:max_entries])
        return rows[::-1], rows[0]["total"] if rows else 0

    def _filter_by_sms(self, sms: Mapping[str, Any]) -> Self:
        """What names it by its client's id, if it has one, or by the carrier's once that is known; found in the
        index `event_known_once`."""
        kinds = [kind for kind in REFERENCE_KINDS if sms.get(kind) is not None]
        is_referenced = Q(*(Q(reference_kind=kind, reference=sms[kind]) for kind in kinds), _connector=Q.OR)
        return self.filter(is_referenced)

    def with_verdict(self, sms: Mapping[str, Any]) -> Self:
        """All events of one SMS, whose `status`, `status_code` and `status_at` are given, each with its `verdict`;
        clicks and actions, which say nothing of the status, have an empty one.

        `total` says how many there are, whatever is cut from the result.
        """
        final, same = Q(status__in=FINAL), Q(status=sms["status"])
        late = ~final & Q(at__gt=sms["status_at"])
        won = Q(at=sms["status_at"], status_code=sms["status_code"])
        best_first = [F("at").desc(), Collate("status_code", "C").desc(), F("reference_kind").asc()]
        status_partition: list[F | Case] = [F("status"), Case(When(late, then=1), default=0)]
        verdict = Case(
            When(~Q(kind="receipt"), then=Value("")),
            When(waits=True, then=Value(Verdict.WAITING.value)),
            When(final & ~same, then=Value(Verdict.CONTRADICTS.value)),
            When(late, then=Value(Verdict.LATE.value)),
            When(Q(place__gt=1) | same & ~won, then=Value(Verdict.DUPLICATE.value)),
            default=Value(Verdict.APPLIED.value),
            output_field=CharField(),
        )
        return self.annotate(
            place=Window(RowNumber(), partition_by=status_partition, order_by=best_first),
            total=Window(Count("id")),
            verdict=verdict,
        )

    def _order_by_time(self) -> Self:
        """By the reporter's clock; the rest makes the order total."""
        return self.order_by("at", "status", Collate("status_code", "C"), "reference_kind", "kind", "action_type")
