"""Messages in the admin: read only."""

from django.contrib import admin

from messages_app.models import Message
from smsreports.api.admin import TrafficAdmin


@admin.register(Message)
class MessageAdmin(TrafficAdmin):
    list_display = ("client_message_id", "account", "recipient", "sender_id", "status", "cost", "created_at")
    search_fields = ("client_message_id__exact", "message_id__exact")
