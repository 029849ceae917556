"""Replacing a key: nobody who calls with the old one is refused before its time, and nothing is gained by it."""

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from smsreports.accounts import rotation
from smsreports.accounts.keys import AuthenticationError, authenticate_key, create_key
from smsreports.accounts.models import Account, ApiKey, Scope
from smsreports.accounts.rotation import RotationError, rotate_key
from tests.conftest import CLIENT
from tests.recipe import signed

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LIST = "/api/v1/sms/messages"
KEYS = "admin:accounts_apikey_changelist"
NETWORKS = ["198.51.100.0/24"]
ADDRESS = "198.51.100.1"


@pytest.fixture
def key(account: Account) -> str:
    return create_key(account, [Scope.WRITE, Scope.READ], name="nightly", allowed_networks=NETWORKS)


def run(prefix: str, *options: str) -> list[str]:
    """The lines that the command prints."""
    printed = StringIO()
    call_command("rotate_api_key", prefix, *options, stdout=printed)
    return printed.getvalue().splitlines()


def old() -> ApiKey:
    return ApiKey.objects.get(replaces=None)


def left(row: ApiKey) -> timedelta:
    assert row.expires_at
    return row.expires_at - datetime.now(UTC)


def about(length: timedelta) -> Any:
    return pytest.approx(length, abs=timedelta(minutes=10))


def is_good(key: str) -> bool:
    with suppress(AuthenticationError):
        return bool(authenticate_key(key, ADDRESS))
    return False


def test_the_new_key_may_do_what_the_old_one_may(key: str) -> None:
    [successor] = run(old().prefix)
    assert successor != key
    before, after = old(), authenticate_key(successor, ADDRESS)
    for name in ("account", "name", "scopes", "allowed_networks", "requires_signature"):
        assert getattr(after, name) == getattr(before, name)
    assert (after.replaces, after.expires_at, after.is_active) == (before, None, True)


@pytest.mark.parametrize(
    ("options", "overlap"), [([], DAY), (["--overlap", "90m"], 1.5 * HOUR), (["--overlap", "3d"], 3 * DAY)]
)
def test_both_are_good_until_the_overlap_ends(key: str, options: list[str], overlap: timedelta) -> None:
    [successor] = run(old().prefix, *options)
    assert is_good(key) and is_good(successor)
    assert left(old()) == about(overlap)


def test_without_an_overlap_the_old_key_ends_at_once(key: str) -> None:
    [successor] = run(old().prefix, "--overlap", "0")
    assert [is_good(one) for one in (key, successor)] == [False, True]


@pytest.mark.parametrize(("lived", "expected"), [(HOUR, HOUR), (10 * DAY, DAY)])
def test_a_key_that_expires_does_so_no_later_and_its_successor_when_it_would_have(
    key: str, lived: timedelta, expected: timedelta
) -> None:
    end = datetime.now(UTC) + lived
    ApiKey.objects.update(expires_at=end)
    [successor] = run(old().prefix)
    assert left(old()) == about(expected)
    assert authenticate_key(successor, ADDRESS).expires_at == end


def test_a_key_that_demands_signatures_is_replaced_by_one_that_does(key: str) -> None:
    ApiKey.objects.update(requires_signature=True, allowed_networks=[])
    successor, secret = run(old().prefix)
    assert CLIENT.get(LIST, headers={"X-API-Key": successor}).status_code == 401
    named = {"X-API-Key": successor} | signed(secret, "GET", LIST)
    assert CLIENT.get(LIST, headers=named).status_code == 200


@pytest.mark.parametrize(
    ("change", "why"),
    [({"is_active": False}, "has been revoked"), ({"expires_at": datetime(2026, 1, 1, tzinfo=UTC)}, "has expired")],
)
def test_a_key_that_is_no_longer_good_is_not_replaced(key: str, change: dict[str, Any], why: str) -> None:
    ApiKey.objects.update(**change)
    before = ApiKey.objects.values().get()
    with pytest.raises(CommandError, match=f"{old().prefix}… {why}"):
        run(old().prefix)
    assert ApiKey.objects.values().get() == before


def test_a_key_is_replaced_once_and_its_successor_again(key: str) -> None:
    [successor] = run(old().prefix)
    with pytest.raises(CommandError, match=f"has already been replaced by {successor[:14]}…"):
        run(old().prefix)
    assert run(successor[:14])
    assert ApiKey.objects.count() == 3


@pytest.mark.parametrize("typed", ["sk_prod_nobody", "", "sk_prod_", "%"])
def test_what_begins_no_key_is_refused(key: str, typed: str) -> None:
    with pytest.raises(CommandError, match="no key begins"):
        run("--", typed)


def test_a_whole_key_is_not_repeated(key: str) -> None:
    with pytest.raises(CommandError) as refused:
        run(key)
    assert key[:14] in str(refused.value)
    assert key[:15] not in str(refused.value)


def test_keys_that_look_the_same_are_not_told_apart(key: str, account: Account) -> None:
    create_key(account, [])
    ApiKey.objects.update(prefix="sk_prod_aaaaaa")
    with pytest.raises(CommandError, match="more than one key begins with 'sk_prod_aaaaaa'"):
        run("sk_prod_aaaaaa")


@pytest.mark.parametrize("odd", ["-1h", "00", "1", "24", "1w", "", "soon", "0h"])
def test_an_odd_overlap_is_refused(key: str, odd: str) -> None:
    with pytest.raises(CommandError, match="--overlap"):
        run(old().prefix, f"--overlap={odd}")


def test_a_rotation_that_fails_changes_nothing(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(row: ApiKey) -> str:
        row.prefix, row.digest = "new", "new"
        row.save()
        raise RuntimeError

    monkeypatch.setattr(rotation, "save_new_key", crash)
    with pytest.raises(RuntimeError):
        rotate_key(old(), HOUR)
    assert ApiKey.objects.get().expires_at is None


@pytest.mark.django_db(transaction=True)
def test_of_many_that_replace_a_key_at_once_one_does() -> None:
    create_key(Account.objects.create(name="acme"), [])
    row = ApiKey.objects.get()

    def ask(_: int) -> bool:
        try:
            return bool(rotate_key(row, HOUR))
        except RotationError:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(ask, range(8))) == 1
    assert ApiKey.objects.count() == 2


def chosen(browser: Client, *rows: ApiKey) -> Any:
    form = {"action": "rotate", "_selected_action": [str(row.pk) for row in rows]}
    return browser.post(reverse(KEYS), form, follow=True)


def test_staff_replace_a_key_and_see_the_new_one_once(staff: Client, key: str) -> None:
    answer = chosen(staff, old())
    [successor] = set(re.findall(r"sk_prod_[\w-]{20,}", answer.content.decode()))
    assert is_good(key) and is_good(successor)
    assert left(old()) == about(DAY)
    assert f"The key {key[:14]}…, which it replaces, is good until" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    entries = {(entry.user.username, entry.change_message) for entry in LogEntry.objects.all()}
    assert entries == {("staff", f"Replaced by {successor[:14]}…."), ("staff", f"Replaces {key[:14]}….")}
    assert "has already been replaced" in chosen(staff, old()).content.decode()


def test_staff_see_the_secret_for_signing_with_the_key(staff: Client, key: str) -> None:
    ApiKey.objects.update(requires_signature=True)
    assert len(set(re.findall(r"sk_(?:prod|sign)_[\w-]{20,}", chosen(staff, old()).content.decode()))) == 2


def test_staff_replace_one_key_at_a_time(staff: Client, key: str, account: Account) -> None:
    create_key(account, [])
    assert "Select exactly one key" in chosen(staff, *ApiKey.objects.all()).content.decode()
    assert ApiKey.objects.count() == 2


@pytest.mark.parametrize("permission", ["change_apikey", "add_apikey"])
def test_who_may_not_both_make_and_change_keys_replaces_none(newcomer: Client, key: str, permission: str) -> None:
    allowed = Permission.objects.filter(codename__in=["view_apikey", permission])
    User.objects.get(username="newcomer").user_permissions.set(allowed)
    chosen(newcomer, old())
    assert ApiKey.objects.count() == 1
