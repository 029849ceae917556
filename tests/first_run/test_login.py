"""The key and the login that are printed: made once, kept, and replaced only where they are no longer good."""

import stat
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from smsreports.accounts.keys import authenticate_key
from smsreports.accounts.local_login import FILE, LocalLogin, ensure_local_login
from smsreports.accounts.models import Account, ApiKey
from smsreports.audit.models import Export

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Account:
    return Account.objects.create(name="acme")


@pytest.fixture
def first(tmp_path: Path, acme: Account) -> LocalLogin:
    return ensure_local_login(tmp_path, acme)


def test_the_first_login_is_good_and_kept_for_its_owner_alone(first: LocalLogin, tmp_path: Path) -> None:
    assert authenticate_key(first.key, "127.0.0.1").account.name == "acme"
    assert User.objects.get(username="staff").check_password(first.password)
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert (first.replaced, first.remark) == ("", "")


def test_it_is_the_same_every_time(first: LocalLogin, tmp_path: Path, acme: Account) -> None:
    assert [ensure_local_login(tmp_path, acme) for _ in range(2)] == [first, first]
    assert (ApiKey.objects.count(), User.objects.count()) == (1, 1)


def test_looking_at_a_key_is_no_use_of_it(first: LocalLogin, tmp_path: Path, acme: Account) -> None:
    ensure_local_login(tmp_path, acme)
    assert ApiKey.objects.get().last_used_at is None


def test_an_export_keeps_nobody_from_the_next_run(first: LocalLogin, tmp_path: Path, acme: Account) -> None:
    Export.everyones.create(account=acme, key=ApiKey.objects.get(), format="csv", total=1, limit=1)
    assert ensure_local_login(tmp_path, acme) == first


def test_a_key_that_was_switched_off_is_replaced_and_stays(first: LocalLogin, tmp_path: Path, acme: Account) -> None:
    ApiKey.objects.update(is_active=False)
    second = ensure_local_login(tmp_path, acme)
    assert second.key != first.key
    assert second.replaced == "new: of the one before, the API key has been revoked"
    assert second.password == first.password
    assert list(ApiKey.objects.order_by("id").values_list("is_active", flat=True)) == [False, True]


@pytest.mark.parametrize("change", [{"requires_signature": True}, {"allowed_networks": ["10.0.0.0/8"]}])
def test_a_key_that_no_longer_works_as_it_is_shown_is_replaced(
    first: LocalLogin, tmp_path: Path, acme: Account, change: dict[str, object]
) -> None:
    ApiKey.objects.update(**change)
    second = ensure_local_login(tmp_path, acme)
    assert authenticate_key(second.key, "127.0.0.1").account == acme


def test_a_new_server_secret_gets_a_new_key(
    first: LocalLogin, tmp_path: Path, acme: Account, settings: pytest.FixtureRequest
) -> None:
    settings.SECRET_KEY = "another one, as after `.env` was made anew, of fifty characters"  # type: ignore[attr-defined]
    second = ensure_local_login(tmp_path, acme)
    assert second.replaced == "new: of the one before, the API key is unknown"
    assert ensure_local_login(tmp_path, acme).key == second.key


def test_a_new_database_gets_the_kept_password(first: LocalLogin, tmp_path: Path, acme: Account) -> None:
    User.objects.all().delete()
    ApiKey.objects.all().delete()
    second = ensure_local_login(tmp_path, acme)
    assert second.password == first.password
    assert User.objects.get(username="staff").check_password(first.password)
    assert second.key != first.key


def test_a_password_that_a_person_changed_is_never_set_again(first: LocalLogin, tmp_path: Path, acme: Account) -> None:
    staff = User.objects.get(username="staff")
    staff.set_password("my own one")
    staff.save()
    second = ensure_local_login(tmp_path, acme)
    assert User.objects.get(username="staff").check_password("my own one")
    assert (second.password, second.key) == ("", first.key)
    assert "was changed" in second.remark


def test_the_password_of_a_staff_user_who_was_there_before_is_not_touched(tmp_path: Path, acme: Account) -> None:
    User.objects.create_user("staff", password="theirs", is_staff=True)
    login = ensure_local_login(tmp_path, acme)
    assert User.objects.get(username="staff").check_password("theirs")
    assert "is not kept here" in login.remark


def test_a_user_who_was_switched_off_stays_so(first: LocalLogin, tmp_path: Path, acme: Account) -> None:
    User.objects.update(is_active=False)
    assert ensure_local_login(tmp_path, acme).remark == "who was switched off"
    assert not User.objects.get(username="staff").is_active


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"keys": [], "password": ""}', "\x00"])
def test_a_file_that_was_spoilt_is_written_anew(first: LocalLogin, tmp_path: Path, acme: Account, text: str) -> None:
    (tmp_path / FILE).write_text(text)
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
