"""Read-only admin of messages."""

from django.contrib import admin

from messages_app.filters import MessageFilterSet
from messages_app.models import Message
from smsreports.staff.admin import ReadOnlyTrafficAdmin, build_key_table


@admin.register(Message)
class MessageAdmin(ReadOnlyTrafficAdmin[Message]):
    list_display = ("client_message_id", "account_link", "recipient", "sender_id", "status", "cost", "created_at")
    source_table = build_key_table(Message.objects.for_account, MessageFilterSet, "created_at", "api")
    slug = "api"
    exact_search_fields = ("client_message_id", "message_id")
