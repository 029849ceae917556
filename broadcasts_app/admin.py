"""Read-only admin of broadcasts and sends."""

from collections.abc import Sequence
from functools import cache, partial

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from markupsafe import Markup

from broadcasts_app.campaigns import build_funnels
from broadcasts_app.filters import BroadcastFilterSet, BroadcastSendFilterSet
from broadcasts_app.models import Broadcast, BroadcastSend
from smsreports.counters.queries import sum_broadcasts
from smsreports.staff.admin import ReadOnlyTrafficAdmin, build_key_table
from smsreports.staff.changelist import Link
from smsreports.staff.fragments import render_fragment
from smsreports.staff.list_query import BROADCAST_PARAM, ListQuery
from smsreports.staff.result_sets import LatestRows, ResultSet


@admin.register(Broadcast)
class BroadcastAdmin(ReadOnlyTrafficAdmin[Broadcast]):
    list_display = ("key", "account_link", "name", "sender_id", "created_at")
    source_table = build_key_table(Broadcast.objects.for_account, BroadcastFilterSet, "created_at", "broadcasts")
    slug = "broadcasts"
    measure = "requests"
    exact_search_fields = ("key",)

    def get_fields(self, request: HttpRequest, obj: Broadcast | None = None) -> tuple[str, ...]:
        return (*super().get_fields(request, obj), "funnel_table", "sends_link")

    @admin.display(description="funnel")
    def funnel_table(self, broadcast: Broadcast) -> Markup:
        """Render the funnel with the same figures as the broadcast's report page."""
        funnel = build_funnels(broadcast.account, [broadcast.pk])[broadcast.pk]
        return render_fragment("broadcasts_app/funnel.html", steps=funnel.steps, currency=broadcast.account.currency)

    @admin.display(description="sends")
    def sends_link(self, broadcast: Broadcast) -> Markup:
        url = reverse("admin:broadcasts_app_broadcastsend_changelist")
        return render_fragment("admin/link.html", url=f"{url}?{BROADCAST_PARAM}={broadcast.pk}", text="all sends")


@cache
def _broadcast_changelist_url() -> str:
    """Return the address of the list of broadcasts. Cached, because every row of the list of sends needs it."""
    return reverse("admin:broadcasts_app_broadcast_changelist")


@admin.register(BroadcastSend)
class BroadcastSendAdmin(ReadOnlyTrafficAdmin[BroadcastSend]):
    list_display = ("message_id", "account_link", "broadcast_link", "recipient", "status", "cost", "sent_at")
    list_select_related = ("account", "broadcast")
    source_table = build_key_table(BroadcastSend.objects.for_account, BroadcastSendFilterSet, "sent_at", "campaign")
    slug = "broadcasts"
    exact_search_fields = ("message_id",)

    @admin.display(description="broadcast")
    def broadcast_link(self, send: BroadcastSend) -> Link:
        return Link(f"{_broadcast_changelist_url()}{send.broadcast_id}/change/", send.broadcast.name)

    def get_filter_names(self) -> Sequence[str]:
        return (*super().get_filter_names(), BROADCAST_PARAM)

    def get_result_set(self, list_query: ListQuery) -> ResultSet:
        """Use the index and the counters of a broadcast when the query names one."""
        if list_query.broadcast is None:
            return super().get_result_set(list_query)
        broadcast = Broadcast.unscoped.select_related("account").filter(pk=list_query.broadcast).first()
        sends = BroadcastSend.unscoped.filter(broadcast=list_query.broadcast)
        return LatestRows(sends, partial(_count_sends, broadcast) if broadcast else None)


def _count_sends(broadcast: Broadcast) -> int:
    groups = sum_broadcasts(broadcast.account, [broadcast.pk]).get(broadcast.pk, {})
    return sum(measures["sms"] for measures in groups.values())
