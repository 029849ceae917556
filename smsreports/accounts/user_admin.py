"""Users and roles in the admin. Nobody can grant or take over permissions that they do not have."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from django.db.models import ManyToManyField, Model, Q, QuerySet
from django.forms import ModelMultipleChoiceField
from django.http import HttpRequest

from smsreports.accounts.admin_bases import M, StrictListFilterAdmin

# In Django's own admins every user with the permission to change users can become superuser.
admin.site.unregister([User, Group])


class PermissionHolderAdmin(StrictListFilterAdmin[M]):
    """Admin of objects that hold permissions: users and roles.

    A superuser may do anything. Other users may grant only permissions that they have. They may change or delete only
    objects that hold no other permissions: setting the password of a more powerful user would give them that power.
    """

    def get_held_permissions(self, obj: M) -> QuerySet[Permission]:
        """Return all permissions that `obj` grants, also while it is inactive."""
        raise NotImplementedError

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return super().has_change_permission(request, obj) and self._can_manage(request.user, obj)

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return super().has_delete_permission(request, obj) and self._can_manage(request.user, obj)

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Model, Model], request: HttpRequest, **options: object
    ) -> ModelMultipleChoiceField[Model] | None:
        field = super().formfield_for_manytomany(db_field, request, **options)
        if field is not None and field.queryset is not None and not request.user.is_superuser:
            own = get_user_permissions(request.user)
            if db_field.related_model is Permission:
                field.queryset = field.queryset.filter(pk__in=own)
            elif db_field.related_model is Group:
                field.queryset = field.queryset.exclude(permissions__in=Permission.objects.exclude(pk__in=own))
        return field

    def _can_manage(self, user: User | AnonymousUser, obj: M | None) -> bool:
        if obj is None or user.is_superuser:
            return True
        if getattr(obj, "is_superuser", False):
            return False
        return not self.get_held_permissions(obj).exclude(pk__in=get_user_permissions(user)).exists()


@admin.register(User)
class StaffAdmin(PermissionHolderAdmin[User], UserAdmin):  # type: ignore[type-arg]  # generic in the stubs alone
    def get_held_permissions(self, obj: User) -> QuerySet[Permission]:
        return get_user_permissions(obj)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Return the read-only fields. Only superusers can change `is_superuser`."""
        fields = super().get_readonly_fields(request, obj)
        return (*fields,) if request.user.is_superuser else (*fields, "is_superuser")


@admin.register(Group)
class RoleAdmin(PermissionHolderAdmin[Group], GroupAdmin):  # type: ignore[misc]  # the stubs differ in how they name an argument
    def get_held_permissions(self, obj: Group) -> QuerySet[Permission]:
        return obj.permissions.all()


def get_user_permissions(user: User | AnonymousUser) -> QuerySet[Permission]:
    """Return the permissions of `user`, granted directly or by a role.

    Unlike Django's `get_all_permissions` it includes those of an inactive user.
    """
    return Permission.objects.filter(Q(user=user) | Q(group__user=user)).distinct().order_by()
