"""Admin pages of accounts and keys: creating, showing once, changing and revoking a key."""

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
from tests.client_signing import sign_headers
from tests.conftest import CLIENT

KEYS = "admin:accounts_apikey"
# The session, its user, the number of rows and the rows; small tables also count the rows without filters.
QUERIES = {"accounts_account": 5, "accounts_apikey": 5, "accounts_reveal": 4, "admin_logentry": 4}
ACCOUNTS = "admin:accounts_account"


@pytest.fixture
def key(account: Account) -> ApiKey:
    create_key(account, [Scope.READ], name="reports")
    return ApiKey.objects.get()


def test_the_pages_of_a_key_show_its_prefix_and_not_its_hash(staff: Client, key: ApiKey) -> None:
    for page in (reverse(f"{KEYS}_changelist"), reverse(f"{KEYS}_change", args=[key.pk])):
        page_text = staff.get(page).content.decode()
        assert key.prefix in page_text
        assert key.digest not in page_text


def test_a_key_can_be_deactivated(staff: Client, key: ApiKey) -> None:
    form = {"name": "reports", "scopes": "sms.read", "allowed_networks": "", "expires_at_0": "", "expires_at_1": ""}
    assert staff.post(reverse(f"{KEYS}_change", args=[key.pk]), form).status_code == 302
    key.refresh_from_db()
    assert (key.is_active, key.scopes) == (False, ["sms.read"])


def test_an_invalid_network_is_refused(staff: Client, key: ApiKey) -> None:
    form = {"name": "reports", "scopes": "sms.read", "allowed_networks": "10.0.0.0/8,10.0.0.0/33", "is_active": "on"}
    response = staff.post(reverse(f"{KEYS}_change", args=[key.pk]), form)
    assert "Item 2 in the array did not validate" in response.content.decode()
    key.refresh_from_db()
    assert key.allowed_networks == []


def create_key_on_page(staff: Client, account: Account, /, **changes: Any) -> Any:
    form = {"account": account.pk, "name": "partner", "scopes": ["sms.read"], "allowed_networks": "10.0.0.0/8"}
    return staff.post(reverse(f"{KEYS}_add"), form | changes)


def test_a_new_key_is_shown_once_and_works(staff: Client, account: Account) -> None:
    answer = create_key_on_page(staff, account, allowed_networks="")
    [secret] = set(re.findall(r"sk_prod_[\w-]{20,}", answer.content.decode()))
    row = ApiKey.objects.get()
    assert (row.account, row.name, row.scopes, row.is_active) == (account, "partner", ["sms.read"], True)
    assert authenticate_key(secret, "192.0.2.1") == row
    assert "no-store" in answer["Cache-Control"]
    assert not any(inline in answer.content.decode() for inline in ("<style", " style=", "<script>"))
    for page in (reverse(f"{KEYS}_changelist"), reverse(f"{KEYS}_change", args=[row.pk]), reverse("admin:index")):
        assert secret not in staff.get(page).content.decode()


def test_a_new_key_that_requires_signatures_is_shown_with_its_signing_secret(staff: Client, account: Account) -> None:
    page_text = create_key_on_page(staff, account, allowed_networks="", requires_signature="on").content.decode()
    [key], [secret] = (set(re.findall(rf"{begin}[\w-]{{20,}}", page_text)) for begin in ("sk_prod_", "sk_sign_"))
    headers = {"X-API-Key": key} | sign_headers(secret, "GET", "/api/v1/sms/messages")
    assert CLIENT.get("/api/v1/sms/messages", headers=headers).status_code == 200
    page = reverse(f"{KEYS}_change", args=[ApiKey.objects.get().pk])
    assert secret not in staff.get(page).content.decode()


def test_an_existing_key_cannot_be_changed_to_require_signatures(staff: Client, key: ApiKey) -> None:
    """The signing secret could not be shown any more."""
    form = {"name": "reports", "scopes": "sms.read", "allowed_networks": "", "requires_signature": "on"}
    staff.post(reverse(f"{KEYS}_change", args=[key.pk]), form | {"expires_at_0": "", "expires_at_1": ""})
    key.refresh_from_db()
    assert not key.requires_signature


@pytest.mark.parametrize(("typed", "stored"), [("600", 600), ("", None), ("0", 7), ("-1", 7), ("9" * 30, 7), ("x", 7)])
def test_the_rate_limit_of_an_account_can_be_edited(
    staff: Client, account: Account, typed: str, stored: int | None
) -> None:
    Account.objects.update(rate_limit=7)
    form = {"name": account.name, "currency": "EUR", "is_active": "on", "rate_limit": typed}
    staff.post(reverse(f"{ACCOUNTS}_change", args=[account.pk]), form)
    account.refresh_from_db()
    assert account.rate_limit == stored


def test_a_new_key_is_stored_nowhere(staff: Client, account: Account, caplog: pytest.LogCaptureFixture) -> None:
    [secret] = set(re.findall(r"sk_prod_[\w-]{20,}", create_key_on_page(staff, account).content.decode()))
    stored_texts = [str(staff.session.items()), str(staff.cookies), caplog.text]
    stored_texts += [str(row) for model in (LogEntry, ApiKey, Session) for row in model.objects.values()]
    assert LogEntry.objects.get().user.username == "staff"
    assert all(secret not in text for text in stored_texts)


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
def test_the_form_refuses_an_invalid_key(staff: Client, account: Account, changes: Any) -> None:
    answer = create_key_on_page(staff, account, **changes)
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert not ApiKey.objects.exists()


def test_the_revoke_action_revokes_keys_and_logs_the_user(staff: Client, key: ApiKey) -> None:
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


def test_support_cannot_create_or_revoke_keys(support: Client, key: ApiKey, account: Account) -> None:
    assert create_key_on_page(support, account).status_code == 403
    form = {"action": "revoke", "_selected_action": [str(key.pk)]}
    assert support.post(reverse(f"{KEYS}_changelist"), form).status_code == 403
    key.refresh_from_db()
    assert key.is_active


def test_the_view_permission_shows_everything_but_the_hash(newcomer: Client, key: ApiKey) -> None:
    User.objects.get(username="newcomer").user_permissions.set(Permission.objects.filter(codename="view_apikey"))
    answer = newcomer.get(reverse(f"{KEYS}_change", args=[key.pk]))
    assert answer.status_code == 200
    assert "sms.read" in answer.content.decode()
    assert key.digest not in answer.content.decode()
    assert "Revoke the selected keys" not in newcomer.get(reverse(f"{KEYS}_changelist")).content.decode()


def test_a_name_is_escaped(staff: Client, account: Account) -> None:
    create_key_on_page(staff, account, name="<b>bold</b>")
    for page in (reverse(f"{KEYS}_changelist"), reverse(f"{KEYS}_change", args=[ApiKey.objects.get().pk])):
        page_text = staff.get(page).content.decode()
        assert "&lt;b&gt;bold" in page_text
        assert "<b>bold" not in page_text


@pytest.mark.parametrize(("model", "queries"), QUERIES.items())
def test_the_number_of_queries_does_not_depend_on_the_number_of_rows(
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


ODD_QUERIES = (
    "name=%00",
    "created_at__year=0",
    "p=99999",
    "p=x",
    "o=99.x",
    "q=%00",
    "is_active__exact=x",
    "id=9e99",
    "e=1",
)


@pytest.mark.parametrize(
    "model", ["accounts_account", "accounts_apikey", "accounts_reveal", "admin_logentry", "auth_user", "auth_group"]
)
@pytest.mark.parametrize("query", ODD_QUERIES)
def test_an_odd_query_string_does_not_crash_a_list(staff: Client, key: ApiKey, model: str, query: str) -> None:
    answer = staff.get(f"{reverse(f'admin:{model}_changelist')}?{query}", follow=True)
    assert answer.status_code in (200, 400)
    assert answer["Content-Type"].startswith("text/html")


def test_an_account_cannot_be_deleted(staff: Client, account: Account) -> None:
    page = reverse(f"{ACCOUNTS}_delete", args=[account.pk])
    assert staff.post(page, {"post": "yes"}).status_code == 403
    assert Account.objects.exists()
