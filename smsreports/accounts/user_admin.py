"""People and roles in the admin: nobody gives, or takes over, more power than they have."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from smsreports.accounts.admin import StrictListFilterAdmin

# Django's own two admins go: there whoever may change users can make themselves superuser.
admin.site.unregister([User, Group])


class WithinOwnPower(StrictListFilterAdmin):
    """An admin whose objects hold permissions.

    A superuser may do anything. Others may give away only permissions that they have, and may change or delete only
    what holds no more than that: a new password for somebody with more power would be that power.
    """

    def permissions_of(self, obj: Any) -> QuerySet[Permission]:
        """Return all that `obj` gives to whoever has it, also while it is switched off."""
        raise NotImplementedError

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and self._is_within(request.user, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and self._is_within(request.user, obj)

    def formfield_for_manytomany(self, db_field: Any, request: Any, **options: Any) -> Any:
        field: Any = super().formfield_for_manytomany(db_field, request, **options)
        if field is not None and not request.user.is_superuser:
            own = permissions_of_user(request.user)
            if db_field.related_model is Permission:
                field.queryset = field.queryset.filter(pk__in=own)
            elif db_field.related_model is Group:
                field.queryset = field.queryset.exclude(permissions__in=Permission.objects.exclude(pk__in=own))
        return field

    def _is_within(self, user: Any, obj: Any) -> bool:
        if obj is None or user.is_superuser:
            return True
        if getattr(obj, "is_superuser", False):
            return False
        return not self.permissions_of(obj).exclude(pk__in=permissions_of_user(user)).exists()


@admin.register(User)
class StaffAdmin(WithinOwnPower, UserAdmin):  # type: ignore[type-arg]  # generic in the stubs alone
    def permissions_of(self, obj: User) -> QuerySet[Permission]:
        return permissions_of_user(obj)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Only superusers make superusers."""
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else (*fields, "is_superuser")


@admin.register(Group)
class RoleAdmin(WithinOwnPower, GroupAdmin):  # type: ignore[misc]  # the stubs differ in how they name an argument
    def permissions_of(self, obj: Group) -> QuerySet[Permission]:
        return obj.permissions.all()


def permissions_of_user(user: Any) -> QuerySet[Permission]:
    """Return the permissions of `user`, by name and by role. Django's own list is empty for who is switched off."""
    return Permission.objects.filter(Q(user=user) | Q(group__user=user)).distinct().order_by()
