"""Read-only admin of broadcasts and sends."""

from collections.abc import Sequence
from functools import cache, partial
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from broadcasts_app.campaigns import build_funnels
from broadcasts_app.filters import BroadcastFilterSet, BroadcastSendFilterSet
from broadcasts_app.models import Broadcast, BroadcastSend
from smsreports.counters.queries import sum_broadcasts
from smsreports.staff.admin import ReadOnlyTrafficAdmin, build_key_table
from smsreports.staff.changelist import format_value
from smsreports.staff.list_query import BROADCAST_PARAM, ListQuery
from smsreports.staff.result_sets import LatestRows, ResultSet


@admin.register(Broadcast)
class BroadcastAdmin(ReadOnlyTrafficAdmin):
    list_display = ("key", "account_link", "name", "sender_id", "created_at")
    source_table = build_key_table(Broadcast.objects.for_account, BroadcastFilterSet, "created_at", "broadcasts")
    slug = "broadcasts"
    measure = "requests"
    exact_search_fields = ("key",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*super().get_fields(request, obj), "funnel_table", "sends_link"]

    @admin.display(description="funnel")
    def funnel_table(self, broadcast: Broadcast) -> SafeString:
        """Render the funnel with the same figures as the broadcast's report page."""
        funnel = build_funnels(broadcast.account, [broadcast.pk])[broadcast.pk]
        cells = (
            (
                step.name,
                f"{step.number:,}",
                "" if step.share is None else f"{step.share} %",
                format_value(step.cost_per_sms),
            )
            for step in funnel.steps
        )
        return format_html(
            "<table><thead><tr><th>Step</th><th>SMS</th><th>Share of sent</th><th>{} per SMS</th></tr></thead>"
            "<tbody>{}</tbody></table>",
            broadcast.account.currency,
            format_html_join("", "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>", cells),
        )

    @admin.display(description="sends")
    def sends_link(self, broadcast: Broadcast) -> SafeString:
        url = reverse("admin:broadcasts_app_broadcastsend_changelist")
        return format_html('<a href="{}?{}={}">all sends</a>', url, BROADCAST_PARAM, broadcast.pk)


@cache
def _broadcast_changelist_url() -> str:
    """Return the address of the list of broadcasts. Cached, because every row of the list of sends needs it."""
    return reverse("admin:broadcasts_app_broadcast_changelist")


@admin.register(BroadcastSend)
class BroadcastSendAdmin(ReadOnlyTrafficAdmin):
    list_display = ("message_id", "account_link", "broadcast_link", "recipient", "status", "cost", "sent_at")
    list_select_related = ("account", "broadcast")
    source_table = build_key_table(BroadcastSend.objects.for_account, BroadcastSendFilterSet, "sent_at", "campaign")
    slug = "broadcasts"
    exact_search_fields = ("message_id",)

    @admin.display(description="broadcast")
    def broadcast_link(self, send: BroadcastSend) -> SafeString:
        return format_html(
            '<a href="{}{}/change/">{}</a>', _broadcast_changelist_url(), send.broadcast_id, send.broadcast.name
        )

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
