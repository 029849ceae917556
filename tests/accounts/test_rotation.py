"""Key rotation: the old key works until the overlap ends, and the new key has the same permissions."""

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
from tests.client_signing import sign_headers
from tests.conftest import CLIENT

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LIST = "/api/v1/sms/messages"
KEYS = "admin:accounts_apikey_changelist"
NETWORKS = ["198.51.100.0/24"]
ADDRESS = "198.51.100.1"


@pytest.fixture
def key(account: Account) -> str:
    return create_key(account, [Scope.WRITE, Scope.READ], name="nightly", allowed_networks=NETWORKS)


def run_rotate(prefix: str, *options: str) -> list[str]:
    """Run the command and return the lines that it prints."""
    printed = StringIO()
    call_command("rotate_api_key", prefix, *options, stdout=printed)
    return printed.getvalue().splitlines()


def get_old_key() -> ApiKey:
    return ApiKey.objects.get(replaces=None)


def get_remaining_time(row: ApiKey) -> timedelta:
    assert row.expires_at
    return row.expires_at - datetime.now(UTC)


def approximately(length: timedelta) -> Any:
    return pytest.approx(length, abs=timedelta(minutes=10))


def is_accepted(key: str) -> bool:
    with suppress(AuthenticationError):
        return bool(authenticate_key(key, ADDRESS))
    return False


def test_the_new_key_has_the_permissions_of_the_old_one(key: str) -> None:
    [successor] = run_rotate(get_old_key().prefix)
    assert successor != key
    before, after = get_old_key(), authenticate_key(successor, ADDRESS)
    for name in ("account", "name", "scopes", "allowed_networks", "requires_signature"):
        assert getattr(after, name) == getattr(before, name)
    assert (after.replaces, after.expires_at, after.is_active) == (before, None, True)


@pytest.mark.parametrize(
    ("options", "overlap"), [([], DAY), (["--overlap", "90m"], 1.5 * HOUR), (["--overlap", "3d"], 3 * DAY)]
)
def test_both_keys_work_until_the_overlap_ends(key: str, options: list[str], overlap: timedelta) -> None:
    [successor] = run_rotate(get_old_key().prefix, *options)
    assert is_accepted(key) and is_accepted(successor)
    assert get_remaining_time(get_old_key()) == approximately(overlap)


def test_without_an_overlap_the_old_key_ends_at_once(key: str) -> None:
    [successor] = run_rotate(get_old_key().prefix, "--overlap", "0")
    assert [is_accepted(secret) for secret in (key, successor)] == [False, True]


@pytest.mark.parametrize(("lived", "expected"), [(HOUR, HOUR), (10 * DAY, DAY)])
def test_rotation_does_not_extend_the_expiry_of_a_key(key: str, lived: timedelta, expected: timedelta) -> None:
    end = datetime.now(UTC) + lived
    ApiKey.objects.update(expires_at=end)
    [successor] = run_rotate(get_old_key().prefix)
    assert get_remaining_time(get_old_key()) == approximately(expected)
    assert authenticate_key(successor, ADDRESS).expires_at == end


def test_the_successor_of_a_key_that_requires_signatures_requires_them_too(key: str) -> None:
    ApiKey.objects.update(requires_signature=True, allowed_networks=[])
    successor, secret = run_rotate(get_old_key().prefix)
    assert CLIENT.get(LIST, headers={"X-API-Key": successor}).status_code == 401
    headers = {"X-API-Key": successor} | sign_headers(secret, "GET", LIST)
    assert CLIENT.get(LIST, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"is_active": False}, "has been revoked"), ({"expires_at": datetime(2026, 1, 1, tzinfo=UTC)}, "has expired")],
)
def test_a_revoked_or_expired_key_is_not_rotated(key: str, change: dict[str, Any], reason: str) -> None:
    ApiKey.objects.update(**change)
    before = ApiKey.objects.values().get()
    with pytest.raises(CommandError, match=f"{get_old_key().prefix}… {reason}"):
        run_rotate(get_old_key().prefix)
    assert ApiKey.objects.values().get() == before


def test_a_key_is_rotated_once_and_its_successor_can_be_rotated(key: str) -> None:
    [successor] = run_rotate(get_old_key().prefix)
    with pytest.raises(CommandError, match=f"has already been replaced by {successor[:14]}…"):
        run_rotate(get_old_key().prefix)
    assert run_rotate(successor[:14])
    assert ApiKey.objects.count() == 3


@pytest.mark.parametrize("typed", ["sk_prod_nobody", "", "sk_prod_", "%"])
def test_an_unknown_prefix_is_refused(key: str, typed: str) -> None:
    with pytest.raises(CommandError, match="no key begins"):
        run_rotate("--", typed)


def test_the_error_does_not_repeat_a_whole_key(key: str) -> None:
    with pytest.raises(CommandError) as error:
        run_rotate(key)
    assert key[:14] in str(error.value)
    assert key[:15] not in str(error.value)


def test_an_ambiguous_prefix_is_refused(key: str, account: Account) -> None:
    create_key(account, [])
    ApiKey.objects.update(prefix="sk_prod_aaaaaa")
    with pytest.raises(CommandError, match="more than one key begins with 'sk_prod_aaaaaa'"):
        run_rotate("sk_prod_aaaaaa")


@pytest.mark.parametrize("odd", ["-1h", "00", "1", "24", "1w", "", "soon", "0h"])
def test_an_invalid_overlap_is_refused(key: str, odd: str) -> None:
    with pytest.raises(CommandError, match="--overlap"):
        run_rotate(get_old_key().prefix, f"--overlap={odd}")


def test_a_rotation_that_fails_changes_nothing(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(row: ApiKey) -> str:
        row.prefix, row.digest = "new", "new"
        row.save()
        raise RuntimeError

    monkeypatch.setattr(rotation, "save_new_key", crash)
    with pytest.raises(RuntimeError):
        rotate_key(get_old_key(), HOUR)
    assert ApiKey.objects.get().expires_at is None


@pytest.mark.django_db(transaction=True)
def test_only_one_of_concurrent_rotations_succeeds() -> None:
    create_key(Account.objects.create(name="acme"), [])
    row = ApiKey.objects.get()

    def rotate(_: int) -> bool:
        try:
            return bool(rotate_key(row, HOUR))
        except RotationError:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(rotate, range(8))) == 1
    assert ApiKey.objects.count() == 2


def rotate_on_page(browser: Client, *rows: ApiKey) -> Any:
    form = {"action": "rotate", "_selected_action": [str(row.pk) for row in rows]}
    return browser.post(reverse(KEYS), form, follow=True)


def test_staff_rotate_a_key_and_see_the_new_one_once(staff: Client, key: str) -> None:
    answer = rotate_on_page(staff, get_old_key())
    [successor] = set(re.findall(r"sk_prod_[\w-]{20,}", answer.content.decode()))
    assert is_accepted(key) and is_accepted(successor)
    assert get_remaining_time(get_old_key()) == approximately(DAY)
    assert f"The key {key[:14]}…, which it replaces, is good until" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    entries = {(entry.user.username, entry.change_message) for entry in LogEntry.objects.all()}
    assert entries == {("staff", f"Replaced by {successor[:14]}…."), ("staff", f"Replaces {key[:14]}….")}
    assert "has already been replaced" in rotate_on_page(staff, get_old_key()).content.decode()


def test_staff_see_the_signing_secret_with_the_new_key(staff: Client, key: str) -> None:
    ApiKey.objects.update(requires_signature=True)
    assert (
        len(set(re.findall(r"sk_(?:prod|sign)_[\w-]{20,}", rotate_on_page(staff, get_old_key()).content.decode()))) == 2
    )


def test_staff_rotate_one_key_at_a_time(staff: Client, key: str, account: Account) -> None:
    create_key(account, [])
    assert "Select exactly one key" in rotate_on_page(staff, *ApiKey.objects.all()).content.decode()
    assert ApiKey.objects.count() == 2


@pytest.mark.parametrize("permission", ["change_apikey", "add_apikey"])
def test_rotation_needs_the_permissions_to_add_and_to_change_keys(newcomer: Client, key: str, permission: str) -> None:
    allowed = Permission.objects.filter(codename__in=["view_apikey", permission])
    User.objects.get(username="newcomer").user_permissions.set(allowed)
    rotate_on_page(newcomer, get_old_key())
    assert ApiKey.objects.count() == 1
