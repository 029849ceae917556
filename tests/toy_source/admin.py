"""Read-only admin of WhatsApp messages."""

from django.contrib import admin

from smsreports.staff.admin import ReadOnlyTrafficAdmin, build_key_table
from tests.toy_source.filters import WhatsAppFilterSet
from tests.toy_source.models import WhatsAppMessage


@admin.register(WhatsAppMessage)
class WhatsAppMessageAdmin(ReadOnlyTrafficAdmin[WhatsAppMessage]):
    list_display = ("client_message_id", "account_link", "recipient", "sender_id", "status", "cost", "created_at")
    source_table = build_key_table(WhatsAppMessage.objects.for_account, WhatsAppFilterSet, "created_at", "whatsapp")
    slug = "whatsapp"
    exact_search_fields = ("client_message_id", "message_id")
