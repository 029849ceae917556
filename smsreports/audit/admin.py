"""Read-only admin of exports."""

from typing import Protocol, cast

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest

from smsreports.accounts.admin_bases import ReadOnlyLogAdmin
from smsreports.accounts.models import Account
from smsreports.audit.models import Export, ExportEnd
from smsreports.audit.status import ExportState, resolve_states


class ListedExport(Protocol):
    """Export with what the changelist looked up."""

    state: ExportState
    result: ExportEnd | None


class ExportChangeList(ChangeList):
    """Changelist that looks up the states of all exports of a page at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        for export, (state, end) in resolve_states(self.result_list).items():
            listed = cast(ListedExport, export)
            listed.state, listed.result = state, end


@admin.register(Export)
class ExportAdmin(ReadOnlyLogAdmin[Export]):
    list_display = ("begun_at", "account", "by", "address", "filter_text", "format", "rows", "bytes", "sha256", "state")
    list_select_related = ("account", "key", "user", "end")
    ordering = ("-begun_at", "-id")  # type: ignore[assignment]  # the base's is one name
    search_fields = ("account",)
    search_help_text = "Search by the exact name of an account"

    def get_changelist(self, request: HttpRequest, **kwargs: object) -> type[ChangeList]:
        return ExportChangeList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Export], search_term: str
    ) -> tuple[QuerySet[Export], bool]:
        """Return the exports of one account, from its index."""
        if not search_term:
            return queryset, False
        return queryset.filter(account__in=Account.objects.filter(name=search_term)), False

    def by(self, export: Export) -> str:
        return str(export.key.prefix if export.key else export.user)

    @admin.display(description="filter")
    def filter_text(self, export: Export) -> str:
        return ", ".join(f"{name} {value}" for name, value in export.filter.items())

    def rows(self, export: ListedExport) -> int | None:
        return export.result.rows if export.result else None

    def bytes(self, export: ListedExport) -> int | None:
        return export.result.bytes if export.result else None

    def sha256(self, export: ListedExport) -> str | None:
        return export.result.sha256 if export.result else None

    def state(self, export: ListedExport) -> str:
        return str(export.state)
