"""API key and staff login of a local service. They are created once, stored in a file and printed at every start."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import check_password
from django.db import transaction

from smsreports.accounts.keys import create_key, find_unsigned_failure
from smsreports.accounts.models import Account, Scope

LOGIN_FILE = "local-login.json"
KEY_NAME = "made by welcome"
STAFF_USERNAME = "staff"
# The address from which the printed key is used.
LOOPBACK = "127.0.0.1"
SET_PASSWORD = f"`manage.py changepassword {STAFF_USERNAME}` sets a new one"


class StoredLogin(TypedDict):
    """Content of the file: a password, and keys by account name."""

    password: str
    keys: dict[str, str]


@dataclass(frozen=True)
class LocalLogin:
    """Credentials to print. The notes say why the key is new and why the password is unknown; empty otherwise."""

    key: str
    replacement_note: str
    password: str
    password_note: str


def ensure_local_login(folder: Path, owner: Account) -> LocalLogin:
    """Return the key of `owner` and the staff login stored in `folder`; create the missing ones.

    A key that no longer works is replaced; its row stays. The password of an existing user is never changed.
    """
    stored = _read_login(folder / LOGIN_FILE)
    with transaction.atomic():
        password, password_note = _ensure_staff(stored)
        failure = find_unsigned_failure(stored["keys"][owner.name], LOOPBACK) if owner.name in stored["keys"] else None
        if failure or owner.name not in stored["keys"]:
            stored["keys"][owner.name] = create_key(owner, [Scope.READ], name=KEY_NAME)
        # Written before the commit: a kill in between leaves a stored key that does not work, which the next run
        # replaces, instead of a working key that is stored nowhere.
        _write_login(folder, stored)
    replacement_note = f"new, because of the previous one: {failure}" if failure else ""
    return LocalLogin(stored["keys"][owner.name], replacement_note, password, password_note)


def _ensure_staff(stored: StoredLogin) -> tuple[str, str]:
    """Return the password of the staff user and an empty note, or an empty password and the reason why it is unknown.

    The user is created if it does not exist.
    """
    user = get_user_model().objects.filter(username=STAFF_USERNAME).first()
    if user is None:
        stored["password"] = stored["password"] or secrets.token_urlsafe(9)
        get_user_model().objects.create_user(
            STAFF_USERNAME, password=stored["password"], is_staff=True, is_superuser=True
        )
        return stored["password"], ""
    if not (user.is_active and user.is_staff):
        return "", "who was deactivated"
    if not stored["password"]:
        return "", f"whose password is not stored here; {SET_PASSWORD}"
    if not check_password(stored["password"], user.password):
        return "", f"whose password was changed; {SET_PASSWORD}"
    return stored["password"], ""


def _read_login(file: Path) -> StoredLogin:
    """Return the stored credentials; none if the file is missing or cannot be parsed."""
    try:
        content = json.loads(file.read_text())
        return StoredLogin(
            password=str(content["password"]), keys={str(name): str(key) for name, key in content["keys"].items()}
        )
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return StoredLogin(password="", keys={})


def _write_login(folder: Path, stored: StoredLogin) -> None:
    """Replace the file atomically, readable by its owner only."""
    folder.mkdir(0o700, parents=True, exist_ok=True)
    unfinished = folder / f"{LOGIN_FILE}.unfinished"
    unfinished.unlink(missing_ok=True)
    unfinished.touch(0o600, exist_ok=False)
    unfinished.write_text(json.dumps(stored, indent=2) + "\n")
    unfinished.replace(folder / LOGIN_FILE)
