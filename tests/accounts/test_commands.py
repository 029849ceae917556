"""The commands that create accounts and keys: their output and their errors."""

import re
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from smsreports.accounts.keys import authenticate_key
from smsreports.accounts.models import Account, ApiKey, Scope
from tests.client_signing import sign_headers
from tests.conftest import CLIENT

ADDRESS = "203.0.113.7"


def run_command(*arguments: str) -> str:
    """Run the command and return its standard output."""
    printed = StringIO()
    call_command(*arguments, stdout=printed)
    return printed.getvalue()


@pytest.mark.django_db
def test_an_account_is_created() -> None:
    assert run_command("create_account", "acme") == "account acme (EUR)\n"
    created = Account.objects.get()
    assert (created.name, created.currency, created.is_active) == ("acme", "EUR", True)


@pytest.mark.django_db
def test_an_account_has_the_currency_of_the_option() -> None:
    run_command("create_account", "acme", "--currency", "LYD")
    assert Account.objects.get().currency == "LYD"


@pytest.mark.django_db
@pytest.mark.parametrize("country", ["", "DE", "XK"])
def test_an_account_has_the_country_of_the_option(country: str) -> None:
    run_command("create_account", "acme", f"--country={country}")
    assert Account.objects.get().default_country == country


@pytest.mark.django_db
@pytest.mark.parametrize("country", ["de", "UK", "ZZ", "DEU", "49", " "])
def test_an_invalid_country_is_refused(country: str) -> None:
    with pytest.raises(CommandError, match="country"):
        run_command("create_account", "acme", f"--country={country}")
    assert not Account.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["", " ", "a b", "-a", ".a", "a/b", "ä", "a\n", "a" * 65])
def test_an_invalid_name_is_refused(name: str) -> None:
    with pytest.raises(CommandError):
        run_command("create_account", "--", name)
    assert not Account.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["a", "7", "A.b_c-9", "a" * 64])
def test_a_valid_name_is_accepted(name: str) -> None:
    run_command("create_account", name)
    assert Account.objects.get().name == name


@pytest.mark.django_db
@pytest.mark.parametrize("currency", ["", "eur", "EU", "EURO", "€", "E1R", "EU\n"])
def test_an_invalid_currency_is_refused(currency: str) -> None:
    with pytest.raises(CommandError):
        run_command("create_account", "acme", "--currency", currency)
    assert not Account.objects.exists()


@pytest.mark.django_db
def test_creating_an_account_again_changes_nothing() -> None:
    run_command("create_account", "acme", "--rate-limit", "600")
    assert run_command("create_account", "acme", "--rate-limit", "600") == "account acme (EUR) exists already\n"
    assert Account.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("options", [["--currency", "USD"], ["--rate-limit", "6000"], ["--country", "US"]])
def test_creating_an_account_again_with_other_values_is_an_error(options: list[str]) -> None:
    run_command("create_account", "acme")
    with pytest.raises(
        CommandError, match="account acme exists with currency EUR, rate limit the default, country none"
    ):
        run_command("create_account", "acme", *options)
    account = Account.objects.get()
    assert (account.currency, account.rate_limit, account.default_country) == ("EUR", None, "")


@pytest.mark.django_db
def test_an_account_has_the_rate_limit_of_the_option() -> None:
    run_command("create_account", "acme", "--rate-limit", "600")
    run_command("create_account", "globex")
    assert [account.rate_limit for account in Account.objects.order_by("name")] == [600, None]


@pytest.mark.django_db
@pytest.mark.parametrize("limit", ["0", "-1", "100000001", "99999999999999999999", "many", "1.5", ""])
def test_an_invalid_rate_limit_is_refused(limit: str) -> None:
    with pytest.raises(CommandError):
        run_command("create_account", "acme", f"--rate-limit={limit}")
    assert not Account.objects.exists()


def test_the_key_is_the_only_output(account: Account) -> None:
    printed = run_command("create_api_key", "acme")
    assert re.fullmatch(r"sk_prod_[A-Za-z0-9_-]{43}\n", printed)
    assert authenticate_key(printed.strip(), ADDRESS).account == account


def test_a_key_that_requires_signatures_is_printed_with_its_signing_secret(account: Account) -> None:
    printed = run_command("create_api_key", "acme", "--require-signature")
    assert re.fullmatch(r"sk_prod_[A-Za-z0-9_-]{43}\nsk_sign_[A-Za-z0-9_-]{43}\n", printed)
    key, secret = printed.split()
    headers = {"X-API-Key": key} | sign_headers(secret, "GET", "/api/v1/sms/messages")
    assert CLIENT.get("/api/v1/sms/messages", headers=headers).status_code == 200


def test_a_key_has_the_read_scope_by_default(account: Account) -> None:
    run_command("create_api_key", "acme")
    created = ApiKey.objects.get()
    assert (created.scopes, created.allowed_networks, created.expires_at, created.name) == ([Scope.READ], [], None, "")
    assert not created.requires_signature


def test_a_key_has_the_values_of_its_options(account: Account) -> None:
    scopes = ["--scope", "sms.write", "--scope", "sms.read"]
    networks = ["--allow-ip", "203.0.113.9/24", "--allow-ip", "2001:db8::1"]
    run_command("create_api_key", "acme", *scopes, *networks, "--expires", "2026-02-13", "--name", "nightly file")
    created = ApiKey.objects.get()
    assert created.scopes == ["sms.write", "sms.read"]
    assert created.allowed_networks == ["203.0.113.0/24", "2001:db8::1/128"]
    assert created.name == "nightly file"


def test_a_key_expires_at_the_end_of_its_last_day(account: Account) -> None:
    run_command("create_api_key", "acme", "--expires", "2024-02-29")
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
        # The next day is not in the calendar.
        ("--expires", "9999-12-31"),
        ("--name", "x" * 101),
    ],
)
def test_an_invalid_value_is_refused_with_the_name_of_its_option(account: Account, option: str, value: str) -> None:
    with pytest.raises(CommandError, match=option.strip("-")):
        run_command("create_api_key", "acme", option, value)
    assert not ApiKey.objects.exists()


@pytest.mark.django_db
def test_a_key_of_an_unknown_account_is_refused() -> None:
    with pytest.raises(CommandError, match="there is no account 'acme'"):
        run_command("create_api_key", "acme")
