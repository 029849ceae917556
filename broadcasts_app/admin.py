"""Broadcasts and sends in the admin: read only."""

from collections.abc import Sequence
from functools import cache, partial
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from broadcasts_app.filters import BroadcastFilterSet, BroadcastSendFilterSet
from broadcasts_app.funnel import funnels
from broadcasts_app.models import Broadcast, BroadcastSend
from smsreports.api.admin import TrafficAdmin, keys
from smsreports.api.staff.asked import BROADCAST, Question
from smsreports.api.staff.changelist import shown
from smsreports.api.staff.cuts import Cut, Newest
from smsreports.counters.reading import sums_of_broadcasts


@admin.register(Broadcast)
class BroadcastAdmin(TrafficAdmin):
    list_display = ("key", "own", "name", "sender_id", "created_at")
    rows = keys(Broadcast.objects.for_account, BroadcastFilterSet, "created_at", "broadcasts")
    slug = "broadcasts"
    measure = "requests"
    finds = ("key",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*super().get_fields(request, obj), "funnel", "sends"]

    @admin.display(description="funnel")
    def funnel(self, broadcast: Broadcast) -> SafeString:
        """The same figures as on its report page."""
        found = funnels(broadcast.account, [broadcast.pk])[broadcast.pk]
        cells = (
            (step.name, f"{step.number:,}", "" if step.share is None else f"{step.share} %", shown(step.each))
            for step in found.steps
        )
        return format_html(
            "<table><thead><tr><th>Step</th><th>SMS</th><th>Share of sent</th><th>{} per SMS</th></tr></thead>"
            "<tbody>{}</tbody></table>",
            broadcast.account.currency,
            format_html_join("", "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>", cells),
        )

    @admin.display(description="sends")
    def sends(self, broadcast: Broadcast) -> SafeString:
        page = reverse("admin:broadcasts_app_broadcastsend_changelist")
        return format_html('<a href="{}?{}={}">all sends</a>', page, BROADCAST, broadcast.pk)


@cache
def _broadcasts() -> str:
    """The address of their list: every line of the list of sends leads to one of them."""
    return reverse("admin:broadcasts_app_broadcast_changelist")


@admin.register(BroadcastSend)
class BroadcastSendAdmin(TrafficAdmin):
    list_display = ("message_id", "own", "campaign", "recipient", "status", "cost", "sent_at")
    list_select_related = ("account", "broadcast")
    rows = keys(BroadcastSend.objects.for_account, BroadcastSendFilterSet, "sent_at", "campaign")
    slug = "broadcasts"
    finds = ("message_id",)

    @admin.display(description="broadcast")
    def campaign(self, send: BroadcastSend) -> SafeString:
        return format_html('<a href="{}{}/change/">{}</a>', _broadcasts(), send.broadcast_id, send.broadcast.name)

    def names(self) -> Sequence[str]:
        return (*super().names(), BROADCAST)

    def cut(self, question: Question) -> Cut:
        """A broadcast's sends stand in an index of their own, and in counters of their own."""
        if question.broadcast is None:
            return super().cut(question)
        broadcast = Broadcast.everyones.select_related("account").filter(pk=question.broadcast).first()
        sends = BroadcastSend.everyones.filter(broadcast=question.broadcast)
        return Newest(sends, partial(_sends_of, broadcast) if broadcast else None)


def _sends_of(broadcast: Broadcast) -> int:
    groups = sums_of_broadcasts(broadcast.account, [broadcast.pk]).get(broadcast.pk, {})
    return sum(part["sms"] for part in groups.values())
