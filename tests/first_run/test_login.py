"""The printed key and login: created once, stored, and replaced only if they no longer work."""

import stat
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from smsreports.accounts.keys import authenticate_key
from smsreports.accounts.local_login import LOGIN_FILE, LocalLogin, ensure_local_login
from smsreports.accounts.models import Account, ApiKey
from smsreports.audit.models import Export

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Account:
    return Account.objects.create(name="acme")


@pytest.fixture
def first(tmp_path: Path, acme: Account) -> LocalLogin:
    return ensure_local_login(tmp_path, acme)


def test_the_first_login_works_and_is_stored_for_its_owner_only(first: LocalLogin, tmp_path: Path) -> None:
    assert authenticate_key(first.key, "127.0.0.1").account.name == "acme"
    assert User.objects.get(username="staff").check_password(first.password)
    assert stat.S_IMODE((tmp_path / LOGIN_FILE).stat().st_mode) == 0o600
    assert (first.replacement_note, first.password_note) == ("", "")


def test_later_runs_return_the_same_login(first: LocalLogin, tmp_path: Path, acme: Account) -> None:
    assert [ensure_local_login(tmp_path, acme) for _ in range(2)] == [first, first]
    assert (ApiKey.objects.count(), User.objects.count()) == (1, 1)


def test_checking_a_key_does_not_update_last_used_at(first: LocalLogin, tmp_path: Path, acme: Account) -> None:
    ensure_local_login(tmp_path, acme)
    assert ApiKey.objects.get().last_used_at is None


def test_a_key_with_exports_does_not_prevent_the_next_run(first: LocalLogin, tmp_path: Path, acme: Account) -> None:
    Export.unscoped.create(account=acme, key=ApiKey.objects.get(), format="csv", total=1, limit=1)
    assert ensure_local_login(tmp_path, acme) == first


def test_a_revoked_key_is_replaced_and_its_row_stays(first: LocalLogin, tmp_path: Path, acme: Account) -> None:
    ApiKey.objects.update(is_active=False)
    second = ensure_local_login(tmp_path, acme)
    assert second.key != first.key
    assert second.replacement_note == "new, because of the previous one: the API key has been revoked"
    assert second.password == first.password
    assert list(ApiKey.objects.order_by("id").values_list("is_active", flat=True)) == [False, True]


@pytest.mark.parametrize("change", [{"requires_signature": True}, {"allowed_networks": ["10.0.0.0/8"]}])
def test_a_restricted_key_is_replaced(
    first: LocalLogin, tmp_path: Path, acme: Account, change: dict[str, object]
) -> None:
    ApiKey.objects.update(**change)
    second = ensure_local_login(tmp_path, acme)
    assert authenticate_key(second.key, "127.0.0.1").account == acme


def test_a_new_secret_key_leads_to_a_new_key(
    first: LocalLogin, tmp_path: Path, acme: Account, settings: pytest.FixtureRequest
) -> None:
    settings.SECRET_KEY = "another one, as after `.env` was made anew, of fifty characters"  # type: ignore[attr-defined]
    second = ensure_local_login(tmp_path, acme)
    assert second.replacement_note == "new, because of the previous one: the API key is unknown"
    assert ensure_local_login(tmp_path, acme).key == second.key


def test_a_new_database_gets_the_stored_password(first: LocalLogin, tmp_path: Path, acme: Account) -> None:
    User.objects.all().delete()
    ApiKey.objects.all().delete()
    second = ensure_local_login(tmp_path, acme)
    assert second.password == first.password
    assert User.objects.get(username="staff").check_password(first.password)
    assert second.key != first.key


def test_a_changed_password_is_never_reset(first: LocalLogin, tmp_path: Path, acme: Account) -> None:
    staff = User.objects.get(username="staff")
    staff.set_password("my own one")
    staff.save()
    second = ensure_local_login(tmp_path, acme)
    assert User.objects.get(username="staff").check_password("my own one")
    assert (second.password, second.key) == ("", first.key)
    assert "was changed" in second.password_note


def test_the_password_of_an_existing_user_is_not_changed(tmp_path: Path, acme: Account) -> None:
    User.objects.create_user("staff", password="theirs", is_staff=True)
    login = ensure_local_login(tmp_path, acme)
    assert User.objects.get(username="staff").check_password("theirs")
    assert "is not stored here" in login.password_note


def test_a_deactivated_user_stays_inactive(first: LocalLogin, tmp_path: Path, acme: Account) -> None:
    User.objects.update(is_active=False)
    assert ensure_local_login(tmp_path, acme).password_note == "who was deactivated"
    assert not User.objects.get(username="staff").is_active


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"keys": [], "password": ""}', "\x00"])
def test_a_corrupt_file_is_replaced(first: LocalLogin, tmp_path: Path, acme: Account, text: str) -> None:
    (tmp_path / LOGIN_FILE).write_text(text)
    second = ensure_local_login(tmp_path, acme)
    assert authenticate_key(second.key, "127.0.0.1").account == acme
    assert ensure_local_login(tmp_path, acme).key == second.key


def test_each_account_has_its_own_key(first: LocalLogin, tmp_path: Path, acme: Account) -> None:
    other = ensure_local_login(tmp_path, Account.objects.create(name="globex"))
    assert authenticate_key(other.key, "127.0.0.1").account.name == "globex"
    assert ensure_local_login(tmp_path, acme).key == first.key


def test_production_prints_no_login(settings: pytest.FixtureRequest) -> None:
    settings.LOCAL = False  # type: ignore[attr-defined]
    for command in ("welcome", "quickstart"):
        with pytest.raises(CommandError, match="SMSREPORTS_MODE=local"):
            call_command(command)
