"""Base classes of admins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

M = TypeVar("M", bound=Model)

if TYPE_CHECKING:
    TypedModelAdmin = admin.ModelAdmin
else:

    class TypedModelAdmin(admin.ModelAdmin, Generic[M]):
        """Django's ModelAdmin with its model as a type argument, which it takes in the stubs only."""


class StrictListFilterAdmin(TypedModelAdmin[M]):
    """Admin that accepts only the filters of `list_filter` in the query string.

    Django accepts any column of the model, and some values of some columns end in a server error.
    """

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup in {f"{name}{suffix}" for name in self.list_filter for suffix in ("__exact", "__id__exact")}


class ReadOnlyAdmin(TypedModelAdmin[M]):
    """Admin whose rows nobody adds, changes or deletes by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False


class ReadOnlyLogAdmin(ReadOnlyAdmin[M], StrictListFilterAdmin[M]):
    """Read-only admin of a log of staff actions. The pages on which staff act write the rows."""

    show_full_result_count = False
    sortable_by = ()
    ordering = ("-id",)
