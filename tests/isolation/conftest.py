"""What the watched account gets, asked again and again while the other one comes, grows, writes and asks."""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any
from urllib.parse import unquote

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client

from smsreports.accounts.models import Scope
from smsreports.sms import windows
from tests.conftest import Person, load, person, taken
from tests.isolation.addresses import Address, addresses
from tests.isolation.alike import OTHER, TODAY, WATCHED, lines, told
from tests.isolation.questions import Asked, first_page, questions
from tests.isolation.writes import Write, writes, writing

# What a request has of its own, whatever it asks for: when its file, its page and the signature of its cursors were
# made, its form's token, and its id.
OF_THE_REQUEST = re.compile(
    rb"messages_export_\d{8}T\d{6}Z|\nExpires: [^\n]+|csrftoken=[^;]+; expires=[^;]+"
    rb"|(?<=cursor=)([\w.-]+)%3A[\w%-]+"
    rb'|name="csrfmiddlewaretoken" value="\w+"|\nX-(?:Request|Export)-ID: [^\n]+',
    re.IGNORECASE,
)
CURSOR = re.compile(rb"[?&;]cursor=([^&\"'>]+)")


@dataclass
class World:
    """Both accounts' keys, and somebody of the staff who may see everything."""

    keys: dict[str, Person]
    staff: Client
    # What was answered, by what was asked and what the other account had done until then.
    answers: dict[Asked, dict[str, bytes]] = field(default_factory=dict)
    rows: dict[str, dict[str, list[Any]]] = field(default_factory=dict)

    def ask(self, asked: Asked, account: str = WATCHED) -> bytes:
        """The whole answer, headers too. Asking leaves no trace: no count of the
        minute, no entry of what was asked."""
        with transaction.atomic():
            answer = self._answer(asked, account)
            head = "".join(sorted(f"{name}: {value}\n" for name, value in answer.headers.items()))
            cookies = "".join(morsel.OutputString() + "\n" for morsel in answer.cookies.values())
            body = answer.body if asked.by_key else b"".join(answer)
            transaction.set_rollback(True)
        return f"{answer.status_code}\n{head}{cookies}\n".encode() + body

    def _answer(self, asked: Asked, account: str) -> Any:
        if asked.by_key:
            return self.keys[account].ask(asked.method, asked.url)
        return self.staff.generic(asked.method, asked.url)

    def write(self, what: Write, account: str) -> Any:
        return self.keys[account].ask(what.method, what.url, what.body, content_type=what.kind)

    def cursors(self, address: Address, account: str) -> list[str]:
        """The cursors on the account's first page, and on that page where they lead."""
        found: list[str] = []
        asked = first_page(address, account)
        if asked is not None:
            for link in CURSOR.findall(self.ask(asked, account)):
                found.append(unquote(link.decode()))
        return list(dict.fromkeys(found))

    def watch(self, after: str, asked: list[Asked]) -> None:
        """Keeps what the watched account gets, and what of it is in the tables, `after` the other one did this."""
        for one in asked:
            self.answers.setdefault(one, {})[after] = OF_THE_REQUEST.sub(rb"\1", self.ask(one))
        self.rows[after] = {model._meta.label: rows(model, WATCHED) for model in OF_ACCOUNTS}


# Whose rows they are, every model of an account says.
OF_ACCOUNTS: list[Any] = [
    model for model in apps.get_models() if any(field.name == "account" for field in model._meta.get_fields())
]


def rows(model: Any, account: str) -> list[Any]:
    return sorted(model._base_manager.filter(account__name=account).values_list(), key=repr)


def swept() -> list[Address]:
    """The addresses that show something of one account."""
    return [one for one in addresses() if not one.exempt and not one.writes]


class Stopped(type):
    """Of a clock that stands; what it told is a datetime like any other."""

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, datetime)


class Noon(datetime, metaclass=Stopped):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=tz)


@pytest.fixture(scope="module")
def the_vendors_day() -> Iterator[None]:
    """Wherever a day is asked for; and pages, which tell how long an SMS has been on its way, all say it of noon."""
    today = windows.utc_today
    with pytest.MonkeyPatch.context() as patched:
        for name, module in list(sys.modules.items()):
            if getattr(module, "utc_today", None) is today:
                patched.setattr(module, "utc_today", lambda: TODAY)
            if name.startswith("smsreports.reports.") and getattr(module, "datetime", None) is datetime:
                patched.setattr(module, "datetime", Noon)
        yield


@pytest.fixture(scope="module")
def world(committed: None, the_vendors_day: None) -> World:
    """The watched account alone, beside the other one with the same and more, and after that one has written."""
    staff = Client(raise_request_exception=False)
    staff.force_login(User.objects.create_superuser("staff"))
    made = World({name: person(name, *Scope) for name in (WATCHED, OTHER)}, staff)
    load(lines(WATCHED))
    for name in (WATCHED, OTHER):
        made.keys[name].get("/api/v1/sms/messages")  # notes that the key is used
        taken(made.keys[name])
    own = [one for address in swept() for one in questions(address, made.cursors(address, WATCHED))]
    made.watch("nothing", own)
    load(lines(OTHER))
    theirs = [one for address in swept() for one in questions(address, made.cursors(address, OTHER))]
    own = list(dict.fromkeys([*own, *theirs]))
    load([*lines(OTHER, first=1000), *told(OTHER, status="UNDELIV")])
    made.watch("loading", own)
    for address in writing():
        for write in [*writes(address, "1"), *writes(address, "2", WATCHED), *writes(address, "4711")]:
            made.write(write, OTHER)
    made.watch("writing", own)
    return made
