"""Receipts, clicks and actions in the admin, and how a message's page reads those it was told."""

from collections.abc import Iterator, Mapping, Sequence

from django.contrib import admin
from django.db.models import Q

from smsreports.api.admin import TrafficAdmin
from smsreports.api.staff import timeline
from smsreports.api.staff.asked import Question
from smsreports.api.staff.timeline import MOST_TOLD, Told
from smsreports.ingest.models import Event


@admin.register(Event)
class EventAdmin(TrafficAdmin):
    finds = ("reference",)
    list_display = ("reference", "reference_kind", "account", "kind", "status", "at", "received_at", "waits")

    def conditions(self, question: Question) -> Iterator[Q]:
        """The kind is named because the index has it in front of the reference."""
        for kind in Event.ReferenceKind.values:
            yield Q(reference_kind=kind, reference=question.find)


def told(account: int, ids: Mapping[str, str]) -> Sequence[Told]:
    """The latest events that name one of `ids`, oldest first, found in the index `event_known_once`: one more than
    a page shows, if there are."""
    named = Q()
    for kind, reference in ids.items():
        named |= Q(reference_kind=kind, reference=reference)
    events = Event.everyones.filter(named, account=account).order_by("-at", "-received_at", "-id")[: MOST_TOLD + 1]
    return [Told(event.at, event.received_at, event.kind, _said(event)) for event in reversed(events)]


def _said(event: Event) -> str:
    return " ".join(part for part in (event.status, event.status_code, event.action_type) if part)


timeline.register(told)
