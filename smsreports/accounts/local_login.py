"""The API key and the staff login that a local service prints: made once, kept in a file, and printed again."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from smsreports.accounts.keys import create_key, refusal_of
from smsreports.accounts.models import Account, Scope

FILE = "local-login.json"
KEY_NAME = "made by welcome"
STAFF = "staff"
# Where a person tries the key from.
LOOPBACK = "127.0.0.1"
SET_PASSWORD = f"`manage.py changepassword {STAFF}` sets a new one"


class Kept(TypedDict):
    """The secrets as the file has them: a password, and keys by the names of their accounts."""

    password: str
    keys: dict[str, str]


@dataclass(frozen=True)
class LocalLogin:
    """What a person is told: the key, why it is another one than last time, and the password or why it is unknown."""

    key: str
    replaced: str
    password: str
    remark: str


def ensure_local_login(folder: Path, owner: Account) -> LocalLogin:
    """Return the key of `owner` and the staff login that are kept in `folder`, and make what is missing.

    A key that is no longer good is replaced and stays on record. The password of a user who exists is never changed.
    """
    kept = _read(folder / FILE)
    with transaction.atomic():
        password, remark = _ensure_staff(kept)
        refusal = refusal_of(kept["keys"][owner.name], LOOPBACK) if owner.name in kept["keys"] else None
        if refusal or owner.name not in kept["keys"]:
            kept["keys"][owner.name] = create_key(owner, [Scope.READ], name=KEY_NAME)
        # Before the commit: what a kill in between leaves behind is a kept secret that is not good, which the next
        # run replaces, and not one that nobody knows.
        _write(folder, kept)
    replaced = f"new: of the one before, {refusal}" if refusal else ""
    return LocalLogin(kept["keys"][owner.name], replaced, password, remark)


def _ensure_staff(kept: Kept) -> tuple[str, str]:
    """Return the password of the staff user, who is made if there is none, or why it is not known."""
    user = get_user_model().objects.filter(username=STAFF).first()
    if user is None:
        kept["password"] = kept["password"] or secrets.token_urlsafe(9)
        get_user_model().objects.create_user(STAFF, password=kept["password"], is_staff=True, is_superuser=True)
        return kept["password"], ""
    if not (user.is_active and user.is_staff):
        return "", "who was switched off"
    if not kept["password"]:
        return "", f"whose password is not kept here; {SET_PASSWORD}"
    return _still_good(user, kept["password"])


def _still_good(user: AbstractBaseUser, password: str) -> tuple[str, str]:
    if check_password(password, user.password):
        return password, ""
    return "", f"whose password was changed; {SET_PASSWORD}"


def _read(file: Path) -> Kept:
    """Return what is kept, which is nothing where the file is missing or is not ours."""
    try:
        found = json.loads(file.read_text())
        return Kept(password=str(found["password"]), keys={str(name): str(key) for name, key in found["keys"].items()})
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return Kept(password="", keys={})


def _write(folder: Path, kept: Kept) -> None:
    """Replace the file as a whole; nobody but its owner may read it."""
    folder.mkdir(0o700, parents=True, exist_ok=True)
    unfinished = folder / f"{FILE}.unfinished"
    unfinished.unlink(missing_ok=True)
    unfinished.touch(0o600, exist_ok=False)
    unfinished.write_text(json.dumps(kept, indent=2) + "\n")
    unfinished.replace(folder / FILE)
