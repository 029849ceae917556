"""Read-only admin of delivery receipts, clicks and actions."""

from collections.abc import Iterator

from django.contrib import admin
from django.db.models import Q

from smsreports.ingest.models import Event
from smsreports.staff.admin import ReadOnlyTrafficAdmin
from smsreports.staff.list_query import ListQuery


@admin.register(Event)
class EventAdmin(ReadOnlyTrafficAdmin[Event]):
    exact_search_fields = ("reference",)
    list_display = ("reference", "reference_kind", "account", "kind", "status", "at", "received_at", "waits")

    def build_search_conditions(self, list_query: ListQuery) -> Iterator[Q]:
        """Yield a condition per kind of reference, because the index has the kind before the reference."""
        for kind in Event.ReferenceKind.values:
            yield Q(reference_kind=kind, reference=list_query.search)
