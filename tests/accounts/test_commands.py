"""The commands that make accounts and keys: what they print, and what they refuse."""

import re
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from smsreports.accounts.keys import authenticate_key
from smsreports.accounts.models import Account, ApiKey, Scope
from tests.conftest import CLIENT
from tests.recipe import signed

ADDRESS = "203.0.113.7"


def run(*arguments: str) -> str:
    """What the command prints on standard output."""
    printed = StringIO()
    call_command(*arguments, stdout=printed)
    return printed.getvalue()


@pytest.mark.django_db
def test_an_account_is_made() -> None:
    assert run("create_account", "acme") == "account acme (EUR)\n"
    made = Account.objects.get()
    assert (made.name, made.currency, made.is_active) == ("acme", "EUR", True)


@pytest.mark.django_db
def test_an_account_has_the_currency_that_was_asked_for() -> None:
    run("create_account", "acme", "--currency", "LYD")
    assert Account.objects.get().currency == "LYD"


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["", " ", "a b", "-a", ".a", "a/b", "ä", "a\n", "a" * 65])
def test_a_name_that_cannot_stand_in_a_file_name_is_refused(name: str) -> None:
    with pytest.raises(CommandError):
        run("create_account", "--", name)
    assert not Account.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["a", "7", "A.b_c-9", "a" * 64])
def test_a_name_of_plain_characters_is_taken(name: str) -> None:
    run("create_account", name)
    assert Account.objects.get().name == name


@pytest.mark.django_db
@pytest.mark.parametrize("currency", ["", "eur", "EU", "EURO", "€", "E1R", "EU\n"])
def test_a_currency_that_is_none_is_refused(currency: str) -> None:
    with pytest.raises(CommandError):
        run("create_account", "acme", "--currency", currency)
    assert not Account.objects.exists()


@pytest.mark.django_db
def test_creating_an_account_again_changes_nothing() -> None:
    run("create_account", "acme", "--rate-limit", "600")
    assert run("create_account", "acme", "--rate-limit", "600") == "account acme (EUR) exists already\n"
    assert Account.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("options", [["--currency", "USD"], ["--rate-limit", "6000"]])
def test_an_account_that_exists_with_other_values_is_an_error(options: list[str]) -> None:
    run("create_account", "acme")
    with pytest.raises(CommandError, match="account acme exists with currency EUR, rate limit the default"):
        run("create_account", "acme", *options)
    account = Account.objects.get()
    assert (account.currency, account.rate_limit) == ("EUR", None)


@pytest.mark.django_db
def test_an_account_has_the_limit_that_was_asked_for() -> None:
    run("create_account", "acme", "--rate-limit", "600")
    run("create_account", "globex")
    assert [account.rate_limit for account in Account.objects.order_by("name")] == [600, None]


@pytest.mark.django_db
@pytest.mark.parametrize("limit", ["0", "-1", "100000001", "99999999999999999999", "many", "1.5", ""])
def test_a_limit_that_is_none_is_refused(limit: str) -> None:
    with pytest.raises(CommandError):
        run("create_account", "acme", f"--rate-limit={limit}")
    assert not Account.objects.exists()


def test_a_key_is_printed_once_and_alone(account: Account) -> None:
    printed = run("create_api_key", "acme")
    assert re.fullmatch(r"sk_prod_[A-Za-z0-9_-]{43}\n", printed)
    assert authenticate_key(printed.strip(), ADDRESS).account == account


def test_a_key_that_demands_signatures_is_printed_with_its_secret_below(account: Account) -> None:
    printed = run("create_api_key", "acme", "--require-signature")
    assert re.fullmatch(r"sk_prod_[A-Za-z0-9_-]{43}\nsk_sign_[A-Za-z0-9_-]{43}\n", printed)
    key, secret = printed.split()
    headers = {"X-API-Key": key} | signed(secret, "GET", "/api/v1/sms/messages")
    assert CLIENT.get("/api/v1/sms/messages", headers=headers).status_code == 200


def test_a_key_may_read_unless_said_otherwise(account: Account) -> None:
    run("create_api_key", "acme")
    made = ApiKey.objects.get()
    assert (made.scopes, made.allowed_networks, made.expires_at, made.name) == ([Scope.READ], [], None, "")
    assert not made.requires_signature


def test_a_key_has_what_its_options_say(account: Account) -> None:
    scopes = ["--scope", "sms.write", "--scope", "sms.read"]
    networks = ["--allow-ip", "203.0.113.9/24", "--allow-ip", "2001:db8::1"]
    run("create_api_key", "acme", *scopes, *networks, "--expires", "2026-02-13", "--name", "nightly file")
    made = ApiKey.objects.get()
    assert made.scopes == ["sms.write", "sms.read"]
    assert made.allowed_networks == ["203.0.113.0/24", "2001:db8::1/128"]
    assert made.name == "nightly file"


def test_a_key_is_good_on_its_last_day(account: Account) -> None:
    run("create_api_key", "acme", "--expires", "2024-02-29")
    assert ApiKey.objects.get().expires_at == datetime(2024, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--scope", "sms.delete"),
        ("--scope", ""),
        ("--allow-ip", "203.0.113"),
        ("--allow-ip", "203.0.113.0/33"),
        ("--allow-ip", "example.com"),
        ("--expires", "2026-02-30"),
        ("--expires", "13.02.2026"),
        ("--expires", "tomorrow"),
        # The day after it is not in the calendar.
        ("--expires", "9999-12-31"),
        ("--name", "x" * 101),
    ],
)
def test_a_bad_value_is_refused_by_its_options_name(account: Account, option: str, value: str) -> None:
    with pytest.raises(CommandError, match=option.strip("-")):
        run("create_api_key", "acme", option, value)
    assert not ApiKey.objects.exists()


@pytest.mark.django_db
def test_a_key_of_no_account_is_refused() -> None:
    with pytest.raises(CommandError, match="there is no account 'acme'"):
        run("create_api_key", "acme")
