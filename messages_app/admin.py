"""Messages in the admin: read only."""

from django.contrib import admin

from messages_app.filters import MessageFilterSet
from messages_app.models import Message
from smsreports.api.admin import TrafficAdmin, keys


@admin.register(Message)
class MessageAdmin(TrafficAdmin):
    list_display = ("client_message_id", "own", "recipient", "sender_id", "status", "cost", "created_at")
    rows = keys(Message.objects.for_account, MessageFilterSet, "created_at", "api")
    slug = "api"
    finds = ("client_message_id", "message_id")
