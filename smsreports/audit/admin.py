"""Read-only admin of exports."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join

from smsreports.accounts.admin import ReadOnlyLogAdmin
from smsreports.accounts.models import Account
from smsreports.audit.models import Export
from smsreports.audit.status import resolve_states


class ExportChangeList(ChangeList):
    """Changelist that looks up the states of all exports of a page at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        exports: Any = self.result_list
        for export, (state, end) in resolve_states(exports).items():
            export.state, export.result = state, end


@admin.register(Export)
class ExportAdmin(ReadOnlyLogAdmin):
    list_display = ("begun_at", "account", "by", "address", "filter_text", "format", "rows", "bytes", "sha256", "state")
    list_select_related = ("account", "key", "user", "end")
    ordering = ("-begun_at", "-id")  # type: ignore[assignment]  # the base's is one name
    search_fields = ("account",)
    search_help_text = "Search by the exact name of an account"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ExportChangeList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return the exports of one account, from its index."""
        if not search_term:
            return queryset, False
        return queryset.filter(account__in=Account.objects.filter(name=search_term)), False

    def by(self, export: Export) -> str:
        return str(export.key.prefix if export.key else export.user)

    @admin.display(description="filter")
    def filter_text(self, export: Export) -> str:
        return format_html_join(", ", "{} {}", export.filter.items())

    def rows(self, export: Any) -> Any:
        return export.result and export.result.rows

    def bytes(self, export: Any) -> Any:
        return export.result and export.result.bytes

    def sha256(self, export: Any) -> Any:
        return export.result and export.result.sha256

    def state(self, export: Any) -> str:
        return str(export.state)
