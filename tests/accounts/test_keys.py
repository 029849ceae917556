"""API keys: their storage, authentication and the reasons to refuse one."""

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


def create_changed_key(account: Account, **changes: Any) -> str:
    """Create a key of the account, change its row and return the key."""
    key = create_key(account, [Scope.READ])
    ApiKey.objects.filter(account=account).update(**changes)
    return key


def get_failure(key: str | None, address: str = ADDRESS) -> AuthFailure:
    with pytest.raises(AuthenticationError) as error:
        authenticate_key(key, address)
    return error.value.reason


def read_row_text(key: str) -> str:
    """Return every column of the key's row as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT k::text FROM accounts_apikey k WHERE k.prefix = %s", [key[:PREFIX_LENGTH]])
        row: str = cursor.fetchone()[0]
    return row


def get_last_used_at() -> datetime | None:
    return ApiKey.objects.get().last_used_at


def test_a_key_authenticates_its_account(account: Account, other: Account) -> None:
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
    assert not any(secret[start : start + 8] in read_row_text(key) for start in range(len(secret) - 7))


def test_the_hash_depends_on_the_secret_key(account: Account, settings: Any) -> None:
    key = create_key(account, [Scope.READ])
    digest = ApiKey.objects.get().digest
    assert digest == keys.hash_key(key, settings.SECRET_KEY) != keys.hash_key(key, "another")
    assert digest != sha256(key.encode()).hexdigest()


def test_the_prefix_identifies_a_key(account: Account) -> None:
    key = create_key(account, [Scope.READ])
    prefix = ApiKey.objects.get().prefix
    assert key.startswith(prefix)
    assert prefix.startswith("sk_prod_")
    assert len(prefix) == len("sk_prod_") + 6
    assert str(ApiKey.objects.get()) == f"{prefix}… of acme"


def test_keys_are_unique(account: Account) -> None:
    assert len({create_key(account, []) for _ in range(50)}) == 50


REFUSED: dict[AuthFailure, Callable[[Account], Any]] = {
    AuthFailure.NO_KEY: lambda account: None,
    AuthFailure.UNKNOWN_KEY: lambda account: create_changed_key(account)[:-1],
    AuthFailure.INACTIVE_KEY: lambda account: create_changed_key(account, is_active=False),
    AuthFailure.EXPIRED_KEY: lambda account: create_changed_key(account, expires_at=datetime.now(UTC)),
    AuthFailure.INACTIVE_ACCOUNT: lambda account: create_changed_key(deactivate(account)),
    AuthFailure.FOREIGN_ADDRESS: lambda account: create_changed_key(account, allowed_networks=["198.51.100.0/24"]),
}


def deactivate(account: Account) -> Account:
    account.is_active = False
    account.save()
    return account


@pytest.mark.parametrize("reason", REFUSED)
def test_a_caller_is_refused_with_the_reason(account: Account, reason: AuthFailure) -> None:
    assert get_failure(REFUSED[reason](account)) is reason


def test_every_reason_is_tested() -> None:
    """Check that only the reasons about signatures are missing, which test_signatures.py covers."""
    signatures = {reason for reason in AuthFailure if reason.name.endswith("_SIGNATURE")}
    assert set(REFUSED) == set(AuthFailure) - signatures


@pytest.mark.parametrize("reason", sorted(set(REFUSED) - {AuthFailure.NO_KEY, AuthFailure.UNKNOWN_KEY}))
def test_a_refused_caller_does_not_update_last_used_at(account: Account, reason: AuthFailure) -> None:
    get_failure(REFUSED[reason](account))
    assert get_last_used_at() is None


@pytest.mark.parametrize("key", ["", "sk_prod_", "x" * MAX_KEY_LENGTH, "\0", "ключ", "sk_prod_%"])
def test_an_invalid_key_is_unknown(account: Account, key: str) -> None:
    create_key(account, [Scope.READ])
    assert get_failure(key) is (AuthFailure.UNKNOWN_KEY if key else AuthFailure.NO_KEY)


def test_a_key_that_is_too_long_is_refused_without_a_query(
    db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert get_failure("x" * (MAX_KEY_LENGTH + 1)) is AuthFailure.UNKNOWN_KEY


def test_a_key_works_until_it_expires(account: Account) -> None:
    assert authenticate_key(create_changed_key(account, expires_at=datetime.now(UTC) + MINUTE), ADDRESS)


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
        # A server that listens on IPv6 sees its IPv4 clients like this.
        (["203.0.113.0/24"], "::ffff:203.0.113.7", True),
        (["203.0.113.0/24"], "::ffff:203.0.114.7", False),
        # Over a Unix socket there is no address.
        (["203.0.113.0/24"], "", False),
        (["203.0.113.0/24"], "unix:", False),
    ],
)
def test_a_key_works_only_from_its_networks(account: Account, networks: list[str], address: str, allowed: bool) -> None:
    key = create_changed_key(account, allowed_networks=networks)
    if allowed:
        assert authenticate_key(key, address)
    else:
        assert get_failure(key, address) is AuthFailure.FOREIGN_ADDRESS


def test_a_key_created_under_a_former_secret_key_keeps_working(account: Account, settings: Any) -> None:
    key, former = create_key(account, [Scope.READ]), settings.SECRET_KEY
    settings.SECRET_KEY = "a new one, of more than fifty characters: 0123456789"
    assert get_failure(key) is AuthFailure.UNKNOWN_KEY
    settings.SECRET_KEY_FALLBACKS = ["an older one", former]
    assert authenticate_key(key, ADDRESS).account == account


def test_the_first_use_sets_last_used_at(account: Account) -> None:
    key, before = create_key(account, [Scope.READ]), datetime.now(UTC)
    assert get_last_used_at() is None
    authenticate_key(key, ADDRESS)
    assert before <= (get_last_used_at() or before - MINUTE) <= datetime.now(UTC)


def test_a_second_use_within_a_minute_writes_nothing(
    account: Account, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    used_at = datetime.now(UTC)
    key = create_changed_key(account, last_used_at=used_at)
    with django_assert_num_queries(1):
        authenticate_key(key, ADDRESS)
    assert get_last_used_at() == used_at


def test_only_the_first_of_concurrent_uses_is_written(account: Account) -> None:
    """Both read the row before either of them updates it."""
    create_changed_key(account, last_used_at=datetime.now(UTC) - 2 * MINUTE)
    first, second = ApiKey.objects.get(), ApiKey.objects.get()
    keys.touch_last_used(first)
    used_at = get_last_used_at()
    keys.touch_last_used(second)
    assert get_last_used_at() == used_at


def test_the_lookup_takes_the_same_query_for_known_and_unknown_keys(account: Account) -> None:
    """Durations cannot be asserted, but the statements can: always the same one, a lookup by a keyed hash."""
    known = create_changed_key(account, last_used_at=datetime.now(UTC))
    statements = []
    for key in (known, known[:-1] + "~", known[:-1], "sk_prod_", "x", "\0", "ключ", "x" * MAX_KEY_LENGTH):
        with CaptureQueriesContext(connection) as queries, suppress(AuthenticationError):
            authenticate_key(key, ADDRESS)
        statements.append([re.sub("[0-9a-f]{64}", "…", query["sql"]) for query in queries])
    assert len(statements[0]) == 1
    assert statements == [statements[0]] * len(statements)


def test_a_use_after_a_minute_updates_last_used_at(account: Account) -> None:
    used_at = datetime.now(UTC) - MINUTE * 1.1
    authenticate_key(create_changed_key(account, last_used_at=used_at), ADDRESS)
    assert (get_last_used_at() or used_at) > used_at
