"""Receipts, clicks and actions in the admin, and how a message's page reads those it was told."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Q

from smsreports.accounts.models import Account
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


def told(account: Account, sms: Mapping[str, Any]) -> tuple[Sequence[Told], int]:
    """As the API reads receipts; of a send, its clicks and actions too."""
    latest, total = Event.objects.for_account(account).told(sms, MOST_TOLD)
    return [Told(one["at"], one["received_at"], one["kind"], _said(one), one["verdict"]) for one in latest], total


def _said(event: Mapping[str, Any]) -> str:
    return " ".join(event[name] for name in ("status", "status_code", "action_type") if event[name])


timeline.register(told)
