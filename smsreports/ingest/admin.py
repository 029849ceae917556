"""Receipts, clicks and actions in the admin, and how a message's page reads those it was told."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Q

from smsreports.accounts.models import Account
from smsreports.ingest.models import Event
from smsreports.staff import timeline
from smsreports.staff.admin import ReadOnlyTrafficAdmin
from smsreports.staff.list_query import ListQuery
from smsreports.staff.timeline import MAX_ENTRIES, TimelineEntry


@admin.register(Event)
class EventAdmin(ReadOnlyTrafficAdmin):
    exact_search_fields = ("reference",)
    list_display = ("reference", "reference_kind", "account", "kind", "status", "at", "received_at", "waits")

    def build_search_conditions(self, list_query: ListQuery) -> Iterator[Q]:
        """The kind is named because the index has it in front of the reference."""
        for kind in Event.ReferenceKind.values:
            yield Q(reference_kind=kind, reference=list_query.search)


def load_timeline(account: Account, sms: Mapping[str, Any]) -> tuple[Sequence[TimelineEntry], int]:
    """As the API reads receipts; of a send, its clicks and actions too."""
    rows, total = Event.objects.for_account(account).get_timeline(sms, MAX_ENTRIES)
    return [
        TimelineEntry(one["at"], one["received_at"], one["kind"], _summarize_event(one), one["verdict"]) for one in rows
    ], total


def _summarize_event(event: Mapping[str, Any]) -> str:
    return " ".join(event[name] for name in ("status", "status_code", "action_type") if event[name])


timeline.register_reader(load_timeline)
