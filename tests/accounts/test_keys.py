"""Keys: what of them is stored, and who is let in by them."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from smsreports.accounts import keys
from smsreports.accounts.keys import (
    MAX_KEY_LENGTH,
    PREFIX_LENGTH,
    AuthenticationError,
    AuthFailure,
    authenticate_key,
    create_key,
)
from smsreports.accounts.models import Account, ApiKey, Scope

ADDRESS = "203.0.113.7"
MINUTE = timedelta(minutes=1)


def key_of(account: Account, **changes: Any) -> str:
    """A key of the account, changed afterwards."""
    key = create_key(account, [Scope.READ])
    ApiKey.objects.filter(account=account).update(**changes)
    return key


def refusal(key: str | None, address: str = ADDRESS) -> AuthFailure:
    with pytest.raises(AuthenticationError) as refused:
        authenticate_key(key, address)
    return refused.value.reason


def stored(key: str) -> str:
    """Every column of the key's row, as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT k::text FROM accounts_apikey k WHERE k.prefix = %s", [key[:PREFIX_LENGTH]])
        row: str = cursor.fetchone()[0]
    return row


def last_used() -> datetime | None:
    return ApiKey.objects.get().last_used_at


def test_a_key_speaks_for_its_account(account: Account, other: Account) -> None:
    keys_by_owner = {owner: create_key(owner, [Scope.READ]) for owner in (account, other)}
    for owner, key in keys_by_owner.items():
        assert authenticate_key(key, ADDRESS).account == owner


def test_a_key_carries_its_scopes(account: Account) -> None:
    assert authenticate_key(create_key(account, []), ADDRESS).scopes == []
    assert authenticate_key(create_key(account, [Scope.READ]), ADDRESS).scopes == ["sms.read"]
    assert authenticate_key(create_key(account, [Scope.READ, Scope.WRITE]), ADDRESS).scopes == ["sms.read", "sms.write"]


def test_no_column_holds_the_secret(account: Account) -> None:
    key = create_key(account, [Scope.READ], name="reports", allowed_networks=["203.0.113.0/24"])
    secret = key[PREFIX_LENGTH:]
    assert len(secret) > 32
    assert not any(secret[start : start + 8] in stored(key) for start in range(len(secret) - 7))


def test_the_hash_cannot_be_made_without_the_secret_key(account: Account, settings: Any) -> None:
    key = create_key(account, [Scope.READ])
    digest = ApiKey.objects.get().digest
    assert digest == keys.hash_key(key, settings.SECRET_KEY) != keys.hash_key(key, "another")
    assert digest != sha256(key.encode()).hexdigest()


def test_the_beginning_of_a_key_tells_people_which_it_is(account: Account) -> None:
    key = create_key(account, [Scope.READ])
    shown = ApiKey.objects.get().prefix
    assert key.startswith(shown)
    assert shown.startswith("sk_prod_")
    assert len(shown) == len("sk_prod_") + 6
    assert str(ApiKey.objects.get()) == f"{shown}… of acme"


def test_no_two_keys_are_the_same(account: Account) -> None:
    assert len({create_key(account, []) for _ in range(50)}) == 50


REFUSED: dict[AuthFailure, Callable[[Account], Any]] = {
    AuthFailure.NO_KEY: lambda account: None,
    AuthFailure.UNKNOWN_KEY: lambda account: key_of(account)[:-1],
    AuthFailure.INACTIVE_KEY: lambda account: key_of(account, is_active=False),
    AuthFailure.EXPIRED_KEY: lambda account: key_of(account, expires_at=datetime.now(UTC)),
    AuthFailure.INACTIVE_ACCOUNT: lambda account: key_of(switched_off(account)),
    AuthFailure.FOREIGN_ADDRESS: lambda account: key_of(account, allowed_networks=["198.51.100.0/24"]),
}


def switched_off(account: Account) -> Account:
    account.is_active = False
    account.save()
    return account


@pytest.mark.parametrize("reason", REFUSED)
def test_a_caller_is_refused_for_every_reason(account: Account, reason: AuthFailure) -> None:
    assert refusal(REFUSED[reason](account)) is reason


def test_every_reason_is_tested() -> None:
    """Those about signatures elsewhere, with signatures."""
    signatures = {reason for reason in AuthFailure if reason.name.endswith("_SIGNATURE")}
    assert set(REFUSED) == set(AuthFailure) - signatures


@pytest.mark.parametrize("reason", sorted(set(REFUSED) - {AuthFailure.NO_KEY, AuthFailure.UNKNOWN_KEY}))
def test_a_refused_caller_leaves_no_trace(account: Account, reason: AuthFailure) -> None:
    refusal(REFUSED[reason](account))
    assert last_used() is None


@pytest.mark.parametrize("key", ["", "sk_prod_", "x" * MAX_KEY_LENGTH, "\0", "ключ", "sk_prod_%"])
def test_what_was_never_made_is_not_known(account: Account, key: str) -> None:
    create_key(account, [Scope.READ])
    assert refusal(key) is (AuthFailure.UNKNOWN_KEY if key else AuthFailure.NO_KEY)


def test_what_is_too_long_for_a_key_is_not_even_looked_for(
    db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert refusal("x" * (MAX_KEY_LENGTH + 1)) is AuthFailure.UNKNOWN_KEY


def test_a_key_is_good_until_the_moment_it_expires(account: Account) -> None:
    assert authenticate_key(key_of(account, expires_at=datetime.now(UTC) + MINUTE), ADDRESS)


@pytest.mark.parametrize(
    ("networks", "address", "allowed"),
    [
        ([], ADDRESS, True),
        ([], "", True),
        (["203.0.113.0/24"], "203.0.113.255", True),
        (["203.0.113.0/24"], "203.0.114.0", False),
        (["203.0.113.7/32"], "203.0.113.7", True),
        (["203.0.113.7"], "203.0.113.7", True),
        (["203.0.113.7/24"], "203.0.113.9", True),
        (["198.51.100.0/24", "203.0.113.0/24"], "203.0.113.7", True),
        (["2001:db8::/32"], "2001:db8:ffff::1", True),
        (["2001:db8::/32"], "2001:db9::1", False),
        (["2001:db8::/32", "203.0.113.0/24"], "203.0.113.7", True),
        (["0.0.0.0/0"], "2001:db8::1", False),
        (["::/0"], "203.0.113.7", False),
        # A server that listens on IPv6 sees the callers of IPv4 so.
        (["203.0.113.0/24"], "::ffff:203.0.113.7", True),
        (["203.0.113.0/24"], "::ffff:203.0.114.7", False),
        # Over a Unix socket there is no address.
        (["203.0.113.0/24"], "", False),
        (["203.0.113.0/24"], "unix:", False),
    ],
)
def test_a_key_is_used_from_its_networks_alone(
    account: Account, networks: list[str], address: str, allowed: bool
) -> None:
    key = key_of(account, allowed_networks=networks)
    if allowed:
        assert authenticate_key(key, address)
    else:
        assert refusal(key, address) is AuthFailure.FOREIGN_ADDRESS


def test_a_key_made_under_a_former_secret_key_stays_good(account: Account, settings: Any) -> None:
    key, former = create_key(account, [Scope.READ]), settings.SECRET_KEY
    settings.SECRET_KEY = "a new one, of more than fifty characters: 0123456789"
    assert refusal(key) is AuthFailure.UNKNOWN_KEY
    settings.SECRET_KEY_FALLBACKS = ["an older one", former]
    assert authenticate_key(key, ADDRESS).account == account


def test_the_first_use_of_a_key_is_noted(account: Account) -> None:
    key, before = create_key(account, [Scope.READ]), datetime.now(UTC)
    assert last_used() is None
    authenticate_key(key, ADDRESS)
    assert before <= (last_used() or before - MINUTE) <= datetime.now(UTC)


def test_uses_within_a_minute_are_noted_once(
    account: Account, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    noted = datetime.now(UTC)
    key = key_of(account, last_used_at=noted)
    with django_assert_num_queries(1):
        authenticate_key(key, ADDRESS)
    assert last_used() == noted


def test_of_uses_at_once_the_first_is_noted(account: Account) -> None:
    """Each of them has read the row as nobody had used the key."""
    key_of(account, last_used_at=datetime.now(UTC) - 2 * MINUTE)
    first, second = ApiKey.objects.get(), ApiKey.objects.get()
    keys.touch_last_used(first)
    noted = last_used()
    keys.touch_last_used(second)
    assert last_used() == noted


def test_what_a_caller_waits_for_does_not_tell_whether_a_key_exists(account: Account) -> None:
    """Times cannot be asserted; the statements up to the verdict can: one, the same, that finds by a keyed hash."""
    known = key_of(account, last_used_at=datetime.now(UTC))
    asked = []
    for key in (known, known[:-1] + "~", known[:-1], "sk_prod_", "x", "\0", "ключ", "x" * MAX_KEY_LENGTH):
        with CaptureQueriesContext(connection) as queries, suppress(AuthenticationError):
            authenticate_key(key, ADDRESS)
        asked.append([re.sub("[0-9a-f]{64}", "…", query["sql"]) for query in queries])
    assert len(asked[0]) == 1
    assert asked == [asked[0]] * len(asked)


def test_a_use_after_a_minute_is_noted_again(account: Account) -> None:
    noted = datetime.now(UTC) - MINUTE * 1.1
    authenticate_key(key_of(account, last_used_at=noted), ADDRESS)
    assert (last_used() or noted) > noted
