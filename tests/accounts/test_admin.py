"""Accounts and keys on the staff pages: a key is shown once, revoked at once, and its secret is kept nowhere."""

import re
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from smsreports.accounts.keys import authenticate_key, create_key
from smsreports.accounts.models import Account, ApiKey, Reveal, Scope
from tests.conftest import CLIENT
from tests.recipe import signed

KEYS = "admin:accounts_apikey"
# The session, its user, the number of rows, the rows; of the small tables also the number without filters.
QUERIES = {"accounts_account": 5, "accounts_apikey": 5, "accounts_reveal": 4, "admin_logentry": 4}
ACCOUNTS = "admin:accounts_account"


@pytest.fixture
def key(account: Account) -> ApiKey:
    create_key(account, [Scope.READ], name="reports")
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


def made(staff: Client, account: Account, /, **changes: Any) -> Any:
    form = {"account": account.pk, "name": "partner", "scopes": ["sms.read"], "allowed_networks": "10.0.0.0/8"}
    return staff.post(reverse(f"{KEYS}_add"), form | changes)


def test_a_key_is_made_and_shown_once_and_works(staff: Client, account: Account) -> None:
    answer = made(staff, account, allowed_networks="")
    [secret] = set(re.findall(r"sk_prod_[\w-]{20,}", answer.content.decode()))
    row = ApiKey.objects.get()
    assert (row.account, row.name, row.scopes, row.is_active) == (account, "partner", ["sms.read"], True)
    assert authenticate_key(secret, "192.0.2.1") == row
    assert "no-store" in answer["Cache-Control"]
    assert not any(inline in answer.content.decode() for inline in ("<style", " style=", "<script>"))
    for page in (reverse(f"{KEYS}_changelist"), reverse(f"{KEYS}_change", args=[row.pk]), reverse("admin:index")):
        assert secret not in staff.get(page).content.decode()


def test_a_key_that_demands_signatures_is_shown_with_its_secret(staff: Client, account: Account) -> None:
    shown = made(staff, account, allowed_networks="", requires_signature="on").content.decode()
    [key], [secret] = (set(re.findall(rf"{begin}[\w-]{{20,}}", shown)) for begin in ("sk_prod_", "sk_sign_"))
    headers = {"X-API-Key": key} | signed(secret, "GET", "/api/v1/sms/messages")
    assert CLIENT.get("/api/v1/sms/messages", headers=headers).status_code == 200
    page = reverse(f"{KEYS}_change", args=[ApiKey.objects.get().pk])
    assert secret not in staff.get(page).content.decode()


def test_the_demand_for_signatures_is_made_with_the_key_alone(staff: Client, key: ApiKey) -> None:
    """Later its holder could not be shown the secret."""
    form = {"name": "reports", "scopes": "sms.read", "allowed_networks": "", "requires_signature": "on"}
    staff.post(reverse(f"{KEYS}_change", args=[key.pk]), form | {"expires_at_0": "", "expires_at_1": ""})
    key.refresh_from_db()
    assert not key.requires_signature


@pytest.mark.parametrize(("given", "stored"), [("600", 600), ("", None), ("0", 7), ("-1", 7), ("9" * 30, 7), ("x", 7)])
def test_an_account_has_the_limit_that_is_entered(
    staff: Client, account: Account, given: str, stored: int | None
) -> None:
    Account.objects.update(rate_limit=7)
    form = {"name": account.name, "currency": "EUR", "is_active": "on", "rate_limit": given}
    staff.post(reverse(f"{ACCOUNTS}_change", args=[account.pk]), form)
    account.refresh_from_db()
    assert account.rate_limit == stored


def test_a_secret_is_kept_nowhere(staff: Client, account: Account, caplog: pytest.LogCaptureFixture) -> None:
    [secret] = set(re.findall(r"sk_prod_[\w-]{20,}", made(staff, account).content.decode()))
    kept = [str(staff.session.items()), str(staff.cookies), caplog.text]
    kept += [str(row) for model in (LogEntry, ApiKey, Session) for row in model.objects.values()]
    assert LogEntry.objects.get().user.username == "staff"
    assert all(secret not in one for one in kept)


@pytest.mark.parametrize(
    "changes",
    [
        {"account": "0"},
        {"account": "x"},
        {"account": "9" * 30},
        {"scopes": ["sms.everything"]},
        {"scopes": []},
        {"allowed_networks": "10.0.0.0/33"},
        {"expires_at_0": "yesterday", "expires_at_1": "noon"},
        {"name": "x" * 101},
        {"name": "a\0b"},
    ],
)
def test_a_key_that_cannot_be_is_refused_on_the_form(staff: Client, account: Account, changes: Any) -> None:
    answer = made(staff, account, **changes)
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert not ApiKey.objects.exists()


def test_keys_are_revoked_with_one_action_and_it_is_known_by_whom(staff: Client, key: ApiKey) -> None:
    form = {"action": "revoke", "_selected_action": [str(key.pk)]}
    assert "Revoked: 1." in staff.post(reverse(f"{KEYS}_changelist"), form, follow=True).content.decode()
    key.refresh_from_db()
    assert not key.is_active
    entry = LogEntry.objects.get()
    assert (entry.user.username, entry.object_id, entry.change_message) == ("staff", str(key.pk), "Revoked.")
    log = reverse("admin:admin_logentry_changelist")
    assert "Revoked." in staff.get(log).content.decode()
    assert staff.post(reverse("admin:admin_logentry_delete", args=[entry.pk]), {"post": "yes"}).status_code == 403
    assert "Revoked: 0." in staff.post(reverse(f"{KEYS}_changelist"), form, follow=True).content.decode()


def test_who_may_not_change_keys_does_not_make_or_revoke_one(support: Client, key: ApiKey, account: Account) -> None:
    assert made(support, account).status_code == 403
    form = {"action": "revoke", "_selected_action": [str(key.pk)]}
    assert support.post(reverse(f"{KEYS}_changelist"), form).status_code == 403
    key.refresh_from_db()
    assert key.is_active


def test_who_may_look_at_keys_sees_all_but_the_hash(newcomer: Client, key: ApiKey) -> None:
    User.objects.get(username="newcomer").user_permissions.set(Permission.objects.filter(codename="view_apikey"))
    answer = newcomer.get(reverse(f"{KEYS}_change", args=[key.pk]))
    assert answer.status_code == 200
    assert "sms.read" in answer.content.decode()
    assert key.digest not in answer.content.decode()
    assert "Revoke the selected keys" not in newcomer.get(reverse(f"{KEYS}_changelist")).content.decode()


def test_a_name_is_text_and_not_html(staff: Client, account: Account) -> None:
    made(staff, account, name="<b>bold</b>")
    for page in (reverse(f"{KEYS}_changelist"), reverse(f"{KEYS}_change", args=[ApiKey.objects.get().pk])):
        shown = staff.get(page).content.decode()
        assert "&lt;b&gt;bold" in shown
        assert "<b>bold" not in shown


@pytest.mark.parametrize(("model", "queries"), QUERIES.items())
def test_a_list_takes_as_many_queries_for_many_rows_as_for_one(
    staff: Client, model: str, queries: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(3):
        owner = Account.objects.create(name=f"account-{number}")
        create_key(owner, [Scope.READ])
        seen = {"user": User.objects.get(), "account": owner, "model": "m", "row": number, "reference": "r"}
        Reveal.objects.create(**seen, reason="to see")
        LogEntry.objects.create(user=User.objects.get(), action_flag=CHANGE, object_repr=f"row {number}")
        with django_assert_num_queries(queries):
            staff.get(reverse(f"admin:{model}_changelist"))


ODD = ("name=%00", "created_at__year=0", "p=99999", "p=x", "o=99.x", "q=%00", "is_active__exact=x", "id=9e99", "e=1")


@pytest.mark.parametrize(
    "model", ["accounts_account", "accounts_apikey", "accounts_reveal", "admin_logentry", "auth_user", "auth_group"]
)
@pytest.mark.parametrize("odd", ODD)
def test_an_odd_address_is_a_page_that_is_no_crash(staff: Client, key: ApiKey, model: str, odd: str) -> None:
    answer = staff.get(f"{reverse(f'admin:{model}_changelist')}?{odd}", follow=True)
    assert answer.status_code in (200, 400)
    assert answer["Content-Type"].startswith("text/html")


def test_an_account_is_not_deleted(staff: Client, account: Account) -> None:
    page = reverse(f"{ACCOUNTS}_delete", args=[account.pk])
    assert staff.post(page, {"post": "yes"}).status_code == 403
    assert Account.objects.exists()
