"""What tests share: records, the file command, people with keys, and servers that really listen."""

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import setup_databases, teardown_databases

from smsreports.accounts.keys import create_key
from smsreports.accounts.models import Account, Scope
from smsreports.audit.models import Export, ExportEnd
from tests.server import Server
from tests.server import gunicorn as gunicorn
from tests.server import without_database as without_database

# The day of the vendors' examples, and the time of records that name none.
DAY = "2026-02-13"
NOON = f"{DAY}T12:00:00Z"
# Every day there is, for lists that otherwise show the last week.
EVER = {"to": "9999-12-31"}
# One for all: each would find the admin's assets anew, which takes longer than most tests.
CLIENT = Client(raise_request_exception=False)


def load(lines: Iterable[str]) -> None:
    """Loads NDJSON lines by the file command, making accounts on the way."""
    call_command("import_traffic", "-", create_accounts=True, stdin=io.BytesIO("\n".join(lines).encode()))


def message(**fields: Any) -> str:
    """A line that loads as a message of acme."""
    return _line(
        {"type": "message", "account": "acme", "client_message_id": "m-1", "recipient": "+14155551234"}
        | {"sender_id": "MyApp", "message": "Hello", "created_at": NOON}
        | fields
    )


def broadcast(**fields: Any) -> str:
    """A line that loads as a broadcast of acme."""
    return _line(
        {"type": "broadcast", "account": "acme", "broadcast": "promo", "name": "Promo", "sender_id": "Promo"}
        | {"message": "50% off today!", "created_at": NOON}
        | fields
    )


def send(**fields: Any) -> str:
    """A line that loads as a send of that broadcast."""
    return _line(
        {"type": "send", "account": "acme", "broadcast": "promo", "message_id": "s-1"}
        | {"recipient": "+447911123456", "sent_at": NOON}
        | fields
    )


def click(**fields: Any) -> str:
    """A line that loads as a click on that send."""
    return _line({"type": "click", "account": "acme", "message_id": "s-1", "at": NOON} | fields)


def receipt(**fields: Any) -> str:
    """A line that loads as a receipt of acme; what it names and says is the caller's."""
    return _line({"type": "receipt", "account": "acme", "at": NOON} | fields)


def _line(record: Mapping[str, Any]) -> str:
    return json.dumps(record)


@dataclass(frozen=True)
class Person:
    """Somebody with a key of `account`, which is said wherever a dialect may look for it."""

    account: str
    key: str

    def get(self, path: str, params: Mapping[str, str] | None = None, **headers: str) -> Any:
        return self.ask("GET", f"{path}?{urlencode(params or {})}", b"", **headers)

    def ask(self, method: str, address: str, sent: bytes = b"", **headers: str) -> Any:
        """The answer to a request through every layer but the network's, read to its end: `body` has all of it."""
        credentials = {"X-API-Key": self.key, "Authorization": f"Bearer {self.key}"}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer: Any = CLIENT.generic(method, address, sent, headers=credentials | named)
        answer.body = b"".join(answer)
        return answer

    def post(self, address: str, sent: bytes, content_type: str = "application/x-ndjson", **headers: str) -> Any:
        return self.ask("POST", address, sent, content_type=content_type, **headers)


def person(account: str, *scopes: Scope) -> Person:
    found, _ = Account.objects.get_or_create(name=account)
    return Person(account, create_key(found, scopes or [Scope.READ]))


def taken(who: Person) -> Export:
    """A file of the account, which ended; it has a receipt."""
    account = Account.objects.get(name=who.account)
    export = Export.everyones.create(account=account, key=account.api_keys.get(), format="csv", total=2, limit=9)
    ExportEnd.objects.create(export=export, rows=2, bytes=99, sha256="0" * 64, is_whole=True)
    return export


@pytest.fixture
def account(db: None) -> Account:
    return Account.objects.create(name="acme")


def know_content_types() -> None:
    """Read them before queries are counted: Django keeps them in memory until a test empties the database."""
    ContentType.objects.get_for_models(*apps.get_models())


@pytest.fixture
def staff(db: None, client: Client) -> Client:
    """A browser in which a superuser is logged in: what is refused here is refused to everybody."""
    know_content_types()
    client.force_login(User.objects.create_superuser("staff"))
    return client


def support_role() -> Group:
    """The role as its migration makes it: a flush between tests takes it away."""
    import_module("smsreports.accounts.migrations.0004_support").make_role(apps, None)
    return Group.objects.get(name="support")


@pytest.fixture
def support(db: None) -> Client:
    """A browser in which somebody of the role `support` is logged in."""
    know_content_types()
    browser = Client(raise_request_exception=False)
    somebody = User.objects.create_user("somebody of support", is_staff=True)
    somebody.groups.add(support_role())
    browser.force_login(somebody)
    return browser


@pytest.fixture
def newcomer(db: None) -> Client:
    """A browser in which a member of staff without any permission is logged in."""
    browser = Client(raise_request_exception=False)
    browser.force_login(User.objects.create_user("newcomer", is_staff=True))
    return browser


@pytest.fixture
def owner(db: None) -> Person:
    return person("acme")


@pytest.fixture
def writer(db: None) -> Person:
    """Somebody whose key of the owner's account may write, and nothing else."""
    return person("acme", Scope.WRITE)


@pytest.fixture
def mate(db: None) -> Person:
    """Somebody with another key of the owner's account."""
    return person("acme")


@pytest.fixture
def stranger(db: None) -> Person:
    return person("globex")


@dataclass(frozen=True)
class Live:
    """A server that listens at `url`."""

    url: str

    def load(self, lines: Iterable[str]) -> None:
        load(lines)

    def key(self, account: str, scope: Scope = Scope.READ) -> str:
        return create_key(Account.objects.get(name=account), [scope])


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """Connections end with their request: one kept by a server thread would keep the test database alive."""
    connection.settings_dict["CONN_MAX_AGE"] = 0


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_blocker: Any,
    django_db_modify_db_settings: None,
    django_db_keepdb: bool,
    django_db_createdb: bool,
) -> Iterator[None]:
    """Whoever asks for the test database gets one. The plugin's own makes none where no test asks for `db`,
    and who commits would then write to the database that the environment names."""
    with django_db_blocker.unblock():
        made = setup_databases(0, interactive=False, keepdb=django_db_keepdb and not django_db_createdb)
        _allow_flush()
    yield
    if not django_db_keepdb:
        with django_db_blocker.unblock():
            teardown_databases(made, verbosity=0)


def _allow_flush() -> None:
    """Between modules every table is emptied, the audit's too; that a server refuses it has its own test."""
    with connection.cursor() as cursor:
        for table in ("audit_export", "audit_exportend"):
            cursor.execute(f"DROP TRIGGER IF EXISTS audit_stays_whole ON {table}")


@pytest.fixture(scope="module")
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Lets a module commit traffic once for all its tests, and other connections see it; then it is gone."""
    assert connection.settings_dict["NAME"].startswith("test_")
    with django_db_blocker.unblock():
        yield
        with connection.cursor() as cursor:
            # Whoever left a transaction open makes this fail, and does not hold up all the other tests.
            cursor.execute("SET lock_timeout = '20s'")
            call_command("flush", verbosity=0, interactive=False)
            cursor.execute("RESET lock_timeout")


@pytest.fixture(scope="module")
def live(gunicorn: Server, committed: None) -> Live:
    """A real server for a whole module, and what is loaded stays until its end."""
    return Live(gunicorn.url)
