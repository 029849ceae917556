"""Users and roles in the admin: nobody can grant or take over permissions that they do not have."""

from collections.abc import Iterable
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.urls import reverse

USERS = ("view_user", "add_user", "change_user", "delete_user", "view_group", "add_group", "change_group")
PASSWORD = "a password of the tests"


def get_permissions(*names: str) -> list[Permission]:
    selected = list(Permission.objects.filter(codename__in=names))
    assert len(selected) == len(names)
    return selected


def create_staff_user(name: str, *names: str, **options: Any) -> User:
    created = User.objects.create_user(name, password="before", is_staff=True, **options)
    created.user_permissions.set(get_permissions(*names))
    return created


@pytest.fixture
def manager(db: None) -> User:
    """A user who may change users and roles, and view messages."""
    return create_staff_user("manager", *USERS, "view_message")


@pytest.fixture
def browser(manager: User) -> Client:
    return log_in(manager)


def log_in(member: User) -> Client:
    browser = Client(raise_request_exception=False)
    browser.force_login(member)
    return browser


def change_user(browser: Client, member: User, **changes: Any) -> Any:
    """Send the form of a user with its current values and `changes`."""
    form: dict[str, Any] = {
        "username": member.username,
        "is_active": "on",
        "is_staff": "on",
        "date_joined_0": "2026-02-13",
        "date_joined_1": "12:00:00",
        "user_permissions": get_ids(member.user_permissions.all()),
        "groups": get_ids(member.groups.all()),
    }
    return browser.post(reverse("admin:auth_user_change", args=[member.pk]), form | changes)


def get_ids(objects: Iterable[Any]) -> list[int]:
    return [instance.pk for instance in objects]


def test_a_manager_cannot_make_anybody_superuser(browser: Client, manager: User) -> None:
    for member in (manager, create_staff_user("colleague", "view_message")):
        assert change_user(browser, member, is_superuser="on").status_code == 302
        member.refresh_from_db()
        assert not member.is_superuser


def test_permissions_that_the_manager_lacks_are_neither_offered_nor_accepted(browser: Client, manager: User) -> None:
    beyond, own = get_permissions("see_numbers")[0], get_permissions("view_message")[0]
    colleague = create_staff_user("colleague")
    page = browser.get(reverse("admin:auth_user_change", args=[colleague.pk])).content.decode()
    assert f'<option value="{own.pk}"' in page
    assert f'<option value="{beyond.pk}"' not in page
    for member in (manager, colleague):
        before = set(member.user_permissions.all())
        assert change_user(browser, member, user_permissions=[*get_ids(before), beyond.pk]).status_code == 200
        assert set(member.user_permissions.all()) == before
    assert change_user(browser, colleague, user_permissions=[own.pk]).status_code == 302
    assert list(colleague.user_permissions.all()) == [own]


def test_roles_with_more_permissions_are_neither_granted_nor_changed(browser: Client, manager: User) -> None:
    strong, weak = Group.objects.create(name="strong"), Group.objects.create(name="weak")
    strong.permissions.set(get_permissions("view_message", "see_numbers"))
    weak.permissions.set(get_permissions("view_message"))
    beyond, own = get_permissions("see_numbers")[0], get_permissions("view_message")[0]
    assert change_user(browser, manager, groups=[strong.pk]).status_code == 200
    assert change_user(browser, manager, groups=[weak.pk]).status_code == 302
    address = "admin:auth_group_change"
    assert browser.post(reverse(address, args=[strong.pk]), {"name": "mine"}).status_code == 403
    form = {"name": "weak", "permissions": [own.pk, beyond.pk]}
    assert browser.post(reverse(address, args=[weak.pk]), form).status_code == 200
    assert browser.post(reverse("admin:auth_group_add"), form | {"name": "new"}).status_code == 200
    assert set(weak.permissions.all()) == {own}
    assert list(manager.groups.all()) == [weak]
    assert not manager.has_perm("accounts.see_numbers")


@pytest.mark.parametrize("active", [True, False])
@pytest.mark.parametrize("power", ["superuser", "by name", "by role"])
def test_a_user_with_more_permissions_cannot_be_changed_or_deleted(browser: Client, power: str, active: bool) -> None:
    """Neither the password nor an inactive user, who could be activated again."""
    target = create_staff_user("target", is_superuser=power == "superuser", is_active=active)
    if power == "by name":
        target.user_permissions.set(get_permissions("see_numbers"))
    if power == "by role":
        role = Group.objects.create(name="strong")
        role.permissions.set(get_permissions("see_numbers"))
        target.groups.add(role)
    before = target.password
    passwords = {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    assert change_user(browser, target, username="mine").status_code == 403
    for page, form in (("auth_user_password_change", passwords), ("auth_user_delete", {"post": "yes"})):
        assert browser.post(reverse(f"admin:{page}", args=[target.pk]), form).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [target.pk], "post": "yes"}
    browser.post(reverse("admin:auth_user_changelist"), chosen)
    target.refresh_from_db()
    assert (target.username, target.password, target.is_active) == ("target", before, active)


def test_the_password_of_a_user_with_fewer_permissions_can_be_changed(browser: Client) -> None:
    colleague = create_staff_user("colleague", "view_message")
    page = reverse("admin:auth_user_password_change", args=[colleague.pk])
    form = {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    assert browser.post(page, form).status_code == 302
    colleague.refresh_from_db()
    assert colleague.check_password(PASSWORD)


def test_a_superuser_may_grant_everything(db: None) -> None:
    chief = User.objects.create_superuser("chief")
    colleague, beyond = create_staff_user("colleague"), get_permissions("see_numbers")
    assert change_user(log_in(chief), colleague, is_superuser="on", user_permissions=get_ids(beyond)).status_code == 302
    colleague.refresh_from_db()
    assert colleague.is_superuser
    assert list(colleague.user_permissions.all()) == beyond
