"""Admin pages of accounts, API keys, reveals and Django's log."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from smsreports.accounts.admin_bases import ReadOnlyLogAdmin, StrictListFilterAdmin
from smsreports.accounts.keys import credentials_to_show, save_new_key
from smsreports.accounts.models import Account, ApiKey, Reveal, Scope
from smsreports.accounts.rotation import DEFAULT_OVERLAP, RotationError, rotate_key

HOUR = timedelta(hours=1)


@admin.register(Account)
class AccountAdmin(StrictListFilterAdmin[Account]):
    list_display = ("name", "currency", "default_country", "rate_limit", "is_active", "created_at")
    search_fields = ("name",)
    readonly_fields = ("created_at",)

    def has_delete_permission(self, request: HttpRequest, obj: Account | None = None) -> bool:
        return False  # the stored SMS of an account must stay


class ApiKeyForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs alone
    scopes = forms.MultipleChoiceField(choices=Scope.choices, initial=[Scope.READ], widget=forms.CheckboxSelectMultiple)


@admin.register(ApiKey)
class ApiKeyAdmin(StrictListFilterAdmin[ApiKey]):
    form = ApiKeyForm
    list_display = ("prefix", "account", "name", "scopes", "is_active", "expires_at", "last_used_at")
    list_filter = ("is_active",)
    list_select_related = ("account",)
    search_fields = ("prefix", "account__name")
    search_help_text = "Search by the first characters of a key or the name of an account"
    actions = ("revoke", "rotate")
    automatic_fields = ("prefix", "last_used_at", "created_at", "replaces")
    # `requires_signature` cannot be set later: the signing secret is shown only together with a new key.
    readonly_fields = ("account", "requires_signature", *automatic_fields)

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> tuple[str, ...]:
        return self.readonly_fields if obj else ()

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> tuple[str, ...]:
        fields = ("account", "name", "scopes", "allowed_networks", "requires_signature", "expires_at")
        return (*fields, "is_active", *self.automatic_fields) if obj else fields

    def save_model(self, request: HttpRequest, obj: Any, form: ApiKeyForm, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
        else:
            obj.new_credentials = credentials_to_show(obj, save_new_key(obj))

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        return self._render_new_key(request, obj, obj.new_credentials)

    def _render_new_key(self, request: HttpRequest, key: ApiKey, credentials: Sequence[str]) -> HttpResponse:
        """Render the page that shows the new key.

        The secrets are in this response only: a redirect would need a session or a message that stores them.
        """
        context = {
            **self.admin_site.each_context(request),
            "title": f"API key {key.prefix}…",
            "key": key,
            "credentials": credentials,
        }
        return TemplateResponse(request, "admin/key_made.html", context)

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return False  # the audit log refers to revoked keys as well

    @admin.action(description="Revoke the selected keys", permissions=["change"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        """Revoke those of `keys` that are active, and record the user in Django's log."""
        revoked = list(keys.filter(is_active=True))
        ApiKey.objects.filter(pk__in=[key.pk for key in revoked]).update(is_active=False)
        for key in revoked:
            self.log_change(request, key, "Revoked.")
        self.message_user(request, f"Revoked: {len(revoked)}.", messages.SUCCESS)

    def has_rotate_permission(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request) and self.has_change_permission(request)

    @admin.action(
        description=f"Rotate the selected key (the old key works for {DEFAULT_OVERLAP // HOUR} more hours)",
        permissions=["rotate"],
    )
    def rotate(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> HttpResponse | None:
        """Replace the selected key, record the user in Django's log and show the new key."""
        try:
            with transaction.atomic():
                key = keys.get()
                successor, secret = rotate_key(key, DEFAULT_OVERLAP)
                self.log_change(request, key, f"Replaced by {successor.prefix}….")
                self.log_addition(request, successor, f"Replaces {key.prefix}….")
        except (ApiKey.DoesNotExist, ApiKey.MultipleObjectsReturned):
            self.message_user(request, "Select exactly one key: the new key is shown only once.", messages.ERROR)
        except RotationError as error:
            self.message_user(request, str(error), messages.ERROR)
        else:
            return self._render_new_key(request, successor, credentials_to_show(successor, secret))
        return None


@admin.register(Reveal)
class RevealAdmin(ReadOnlyLogAdmin[Reveal]):
    list_display = ("at", "user", "account", "reference", "model", "reason", "address")
    list_select_related = ("user", "account")


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnlyLogAdmin[LogEntry]):
    """Django's log: keys created, rotated and revoked, and all other changes in the admin."""

    list_display = ("action_time", "user", "content_type", "object_repr", "change_message")
    list_select_related = ("user", "content_type")
