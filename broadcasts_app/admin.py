"""Broadcasts and sends in the admin: read only."""

from django.contrib import admin

from broadcasts_app.models import Broadcast, BroadcastSend
from smsreports.api.admin import TrafficAdmin


@admin.register(Broadcast)
class BroadcastAdmin(TrafficAdmin):
    list_display = ("key", "account", "name", "sender_id", "created_at")
    list_filter = (("account", admin.RelatedOnlyFieldListFilter),)
    search_fields = ("key__exact", "name")


@admin.register(BroadcastSend)
class BroadcastSendAdmin(TrafficAdmin):
    list_display = ("message_id", "account", "broadcast", "recipient", "status", "cost", "sent_at")
    list_select_related = ("account", "broadcast")
    search_fields = ("message_id__exact",)
