"""Accounts and keys on the staff pages: a key shows no secret and is not made there."""

import pytest
from django.test import Client
from django.urls import reverse

from smsreports.accounts.keys import create
from smsreports.accounts.models import Account, ApiKey, Scope

KEYS = "admin:accounts_apikey"
ACCOUNTS = "admin:accounts_account"


@pytest.fixture
def key(account: Account) -> ApiKey:
    create(account, [Scope.READ], name="reports")
    return ApiKey.objects.get()


def test_the_pages_of_a_key_show_which_it_is_and_not_its_hash(staff: Client, key: ApiKey) -> None:
    for page in (reverse(f"{KEYS}_changelist"), reverse(f"{KEYS}_change", args=[key.pk])):
        shown = staff.get(page).content.decode()
        assert key.prefix in shown
        assert key.digest not in shown


def test_a_key_is_switched_off(staff: Client, key: ApiKey) -> None:
    form = {"name": "reports", "scopes": "sms.read", "allowed_networks": "", "expires_at_0": "", "expires_at_1": ""}
    assert staff.post(reverse(f"{KEYS}_change", args=[key.pk]), form).status_code == 302
    key.refresh_from_db()
    assert (key.is_active, key.scopes) == (False, ["sms.read"])


def test_a_key_is_not_bound_to_a_network_that_is_none(staff: Client, key: ApiKey) -> None:
    form = {"name": "reports", "scopes": "sms.read", "allowed_networks": "10.0.0.0/8,10.0.0.0/33", "is_active": "on"}
    shown = staff.post(reverse(f"{KEYS}_change", args=[key.pk]), form)
    assert "Item 2 in the array did not validate" in shown.content.decode()
    key.refresh_from_db()
    assert key.allowed_networks == []


def test_a_key_is_not_made_on_a_page(staff: Client) -> None:
    assert staff.get(reverse(f"{KEYS}_add")).status_code == 403


def test_an_account_is_not_deleted(staff: Client, account: Account) -> None:
    page = reverse(f"{ACCOUNTS}_delete", args=[account.pk])
    assert staff.post(page, {"post": "yes"}).status_code == 403
    assert Account.objects.exists()
