"""Timeline of an SMS: its events, and a verdict for each receipt."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Self

from django.db.models import Case, CharField, Count, F, Q, QuerySet, Value, When, Window
from django.db.models.functions import Collate, RowNumber

from smsreports.sms.statuses import FINAL

# The columns that identify an SMS.
REFERENCE_KINDS = ("client_message_id", "message_id")
ENTRY_COLUMNS = ("kind", "status", "status_code", "action_type", "at", "received_at", "verdict")


class Verdict(StrEnum):
    """Effect of a receipt on its SMS. It depends on the receipts and the row, never on the order of arrival."""

    # The row's status comes from it, or it is an intermediate status.
    APPLIED = "applied"
    # An intermediate status later than the final status.
    LATE = "late"
    # Another receipt, or the record of the SMS, reports the same status at a later time.
    DUPLICATE = "duplicate"
    # A final status other than the winning one.
    CONTRADICTS = "contradicts"
    # Its SMS is not known.
    WAITING = "waiting"


class EventQuerySet(QuerySet[Any]):
    def get_timeline(self, sms: Mapping[str, object], max_entries: int) -> tuple[list[dict[str, Any]], int]:
        """Return the latest `max_entries` events of this SMS with verdicts, oldest first, and their total number."""
        # Ordered by the reporter's clock; the other columns make the order total.
        order = ("at", "status", Collate("status_code", "C"), "reference_kind", "kind", "action_type")
        entries = self._filter_by_sms(sms).with_verdict(sms).order_by(*order).reverse()
        rows = list(entries.values(*ENTRY_COLUMNS, "total")[:max_entries])
        return rows[::-1], rows[0]["total"] if rows else 0

    def _filter_by_sms(self, sms: Mapping[str, object]) -> Self:
        """Filter events that reference the SMS by its client's id or the carrier's, if it has them.

        The query uses the index of the constraint `event_known_once`.
        """
        kinds = [kind for kind in REFERENCE_KINDS if sms.get(kind) is not None]
        is_referenced = Q(*(Q(reference_kind=kind, reference=sms[kind]) for kind in kinds), _connector=Q.OR)
        return self.filter(is_referenced)

    def with_verdict(self, sms: Mapping[str, object]) -> Self:
        """Annotate the events of one SMS with `verdict` and `total`.

        `sms` holds its `status`, `status_code` and `status_at`. The queryset must hold all its events. The verdict of
        clicks and actions is empty, since they do not affect the status. `total` is the number of events before any
        slicing.
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
            When(Q(rank__gt=1) | same & ~won, then=Value(Verdict.DUPLICATE.value)),
            default=Value(Verdict.APPLIED.value),
            output_field=CharField(),
        )
        return self.annotate(
            rank=Window(RowNumber(), partition_by=status_partition, order_by=best_first),
            total=Window(Count("id")),
            verdict=verdict,
        )
