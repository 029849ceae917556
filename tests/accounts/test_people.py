"""People and roles on the staff pages: who may change users does not become more than they are."""

from collections.abc import Iterable
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.urls import reverse

USERS = ("view_user", "add_user", "change_user", "delete_user", "view_group", "add_group", "change_group")
PASSWORD = "a password of the tests"


def permissions(*names: str) -> list[Permission]:
    found = list(Permission.objects.filter(codename__in=names))
    assert len(found) == len(names)
    return found


def user(name: str, *names: str, **options: Any) -> User:
    found = User.objects.create_user(name, password="before", is_staff=True, **options)
    found.user_permissions.set(permissions(*names))
    return found


@pytest.fixture
def manager(db: None) -> User:
    """Somebody who may change people and roles, and see messages."""
    return user("manager", *USERS, "view_message")


@pytest.fixture
def browser(manager: User) -> Client:
    return logged_in(manager)


def logged_in(who: User) -> Client:
    found = Client(raise_request_exception=False)
    found.force_login(who)
    return found


def change(browser: Client, who: User, **changes: Any) -> Any:
    """Send the form of a person as its page has it, with `changes`."""
    form: dict[str, Any] = {
        "username": who.username,
        "is_active": "on",
        "is_staff": "on",
        "date_joined_0": "2026-02-13",
        "date_joined_1": "12:00:00",
        "user_permissions": ids(who.user_permissions.all()),
        "groups": ids(who.groups.all()),
    }
    return browser.post(reverse("admin:auth_user_change", args=[who.pk]), form | changes)


def ids(objects: Iterable[Any]) -> list[int]:
    return [one.pk for one in objects]


def test_nobody_makes_themselves_or_others_superuser(browser: Client, manager: User) -> None:
    for who in (manager, user("colleague", "view_message")):
        assert change(browser, who, is_superuser="on").status_code == 302
        who.refresh_from_db()
        assert not who.is_superuser


def test_permissions_beyond_ones_own_are_neither_offered_nor_taken(browser: Client, manager: User) -> None:
    beyond, own = permissions("see_numbers")[0], permissions("view_message")[0]
    colleague = user("colleague")
    page = browser.get(reverse("admin:auth_user_change", args=[colleague.pk])).content.decode()
    assert f'<option value="{own.pk}"' in page
    assert f'<option value="{beyond.pk}"' not in page
    for who in (manager, colleague):
        kept = set(who.user_permissions.all())
        assert change(browser, who, user_permissions=[*ids(kept), beyond.pk]).status_code == 200
        assert set(who.user_permissions.all()) == kept
    assert change(browser, colleague, user_permissions=[own.pk]).status_code == 302
    assert list(colleague.user_permissions.all()) == [own]


def test_roles_with_more_are_neither_given_nor_changed(browser: Client, manager: User) -> None:
    strong, weak = Group.objects.create(name="strong"), Group.objects.create(name="weak")
    strong.permissions.set(permissions("view_message", "see_numbers"))
    weak.permissions.set(permissions("view_message"))
    beyond, own = permissions("see_numbers")[0], permissions("view_message")[0]
    assert change(browser, manager, groups=[strong.pk]).status_code == 200
    assert change(browser, manager, groups=[weak.pk]).status_code == 302
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
def test_an_account_with_more_power_is_not_touched(browser: Client, power: str, active: bool) -> None:
    """Its password neither; one that is switched off could be switched on."""
    target = user("target", is_superuser=power == "superuser", is_active=active)
    if power == "by name":
        target.user_permissions.set(permissions("see_numbers"))
    if power == "by role":
        role = Group.objects.create(name="strong")
        role.permissions.set(permissions("see_numbers"))
        target.groups.add(role)
    before = target.password
    passwords = {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    assert change(browser, target, username="mine").status_code == 403
    for page, form in (("auth_user_password_change", passwords), ("auth_user_delete", {"post": "yes"})):
        assert browser.post(reverse(f"admin:{page}", args=[target.pk]), form).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [target.pk], "post": "yes"}
    browser.post(reverse("admin:auth_user_changelist"), chosen)
    target.refresh_from_db()
    assert (target.username, target.password, target.is_active) == ("target", before, active)


def test_a_colleague_with_no_more_power_gets_a_new_password(browser: Client) -> None:
    colleague = user("colleague", "view_message")
    page = reverse("admin:auth_user_password_change", args=[colleague.pk])
    form = {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    assert browser.post(page, form).status_code == 302
    colleague.refresh_from_db()
    assert colleague.check_password(PASSWORD)


def test_a_superuser_may_do_all_of_it(db: None) -> None:
    chief = User.objects.create_superuser("chief")
    colleague, beyond = user("colleague"), permissions("see_numbers")
    assert change(logged_in(chief), colleague, is_superuser="on", user_permissions=ids(beyond)).status_code == 302
    colleague.refresh_from_db()
    assert colleague.is_superuser
    assert list(colleague.user_permissions.all()) == beyond
