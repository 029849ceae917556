"""Traffic in the admin: read only, of every account, a page at a time."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest


class TrafficAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs alone
    """Rows come in by the loader and are changed by receipts, never by hand."""

    list_select_related: ClassVar[tuple[str, ...]] = ("account",)
    list_filter: ClassVar[tuple[Any, ...]] = (("account", admin.RelatedOnlyFieldListFilter), "status")
    show_full_result_count = False
    list_per_page = 50
    model: type[Any]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = self.model.everyones.order_by(*self.model._meta.ordering)
        return rows

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """Every column, those that the database fills in too."""
        return [field.name for field in self.model._meta.concrete_fields]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
