"""Accounts and keys in the admin; a key is made by `manage.py create_api_key` and switched off here."""

from django.contrib import admin
from django.http import HttpRequest

from smsreports.accounts.models import Account, ApiKey


@admin.register(Account)
class AccountAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs alone
    list_display = ("name", "currency", "is_active", "created_at")
    search_fields = ("name",)
    readonly_fields = ("created_at",)

    def has_delete_permission(self, request: HttpRequest, obj: Account | None = None) -> bool:
        return False  # an account's history outlives its contract


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs alone
    list_display = ("prefix", "account", "name", "scopes", "is_active", "expires_at", "last_used_at")
    list_filter = ("is_active",)
    list_select_related = ("account",)
    readonly_fields = ("account", "prefix", "last_used_at", "created_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # its secret could not be shown from a form that is stored first
