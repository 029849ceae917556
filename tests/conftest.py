"""Shared helpers and fixtures: NDJSON lines, API clients, browsers, and running servers."""

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection
from django.http import HttpRequest
from django.template.backends.jinja2 import Template
from django.test import Client
from django.test.signals import template_rendered
from django.test.utils import setup_databases, teardown_databases

from smsreports.accounts.keys import create_key
from smsreports.accounts.models import Account, Scope
from smsreports.api.errors import get_dialects
from smsreports.audit.models import Export, ExportEnd
from tests.server import Server
from tests.server import gunicorn as gunicorn
from tests.server import without_database as without_database

# The day of the vendors' examples, and the default time of records.
DAY = "2026-02-13"
NOON = f"{DAY}T12:00:00Z"
# Window of all days, for lists whose default is the last week.
ALL_DAYS = {"to": "9999-12-31"}
# These tests have settings of their own, under which `tests/test_toys.py` runs them.
collect_ignore = [] if settings.SETTINGS_MODULE == "tests.toys.settings" else ["toys"]
# Shared, because every new client searches the admin's assets again, which takes longer than most tests.
CLIENT = Client(raise_request_exception=False)


@pytest.fixture(scope="session", autouse=True)
def recorded_contexts() -> Iterator[None]:
    """Let the test client record the contexts of Jinja2 templates, as Django lets it record those of its own."""
    render = Template.render

    def render_recorded(
        template: Template, context: dict[str, Any] | None = None, request: HttpRequest | None = None
    ) -> str:
        template_rendered.send(template, template=template, context=context or {})
        return render(template, context, request)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Template, "render", render_recorded)
        yield


def load_lines(lines: Iterable[str]) -> None:
    """Load NDJSON lines with the file command, creating missing accounts."""
    call_command("import_traffic", "-", create_accounts=True, stdin=io.BytesIO("\n".join(lines).encode()))


def message_line(**fields: Any) -> str:
    """Return the line of a message of acme, with `fields` on top of its defaults."""
    return to_json(
        {"type": "message", "account": "acme", "client_message_id": "m-1", "recipient": "+14155551234"}
        | {"sender_id": "MyApp", "message": "Hello", "created_at": NOON}
        | fields
    )


def broadcast_line(**fields: Any) -> str:
    """Return the line of a broadcast of acme."""
    return to_json(
        {"type": "broadcast", "account": "acme", "broadcast": "promo", "name": "Promo", "sender_id": "Promo"}
        | {"message": "50% off today!", "created_at": NOON}
        | fields
    )


def send_line(**fields: Any) -> str:
    """Return the line of a send of that broadcast."""
    return to_json(
        {"type": "send", "account": "acme", "broadcast": "promo", "message_id": "s-1"}
        | {"recipient": "+447911123456", "sent_at": NOON}
        | fields
    )


def click_line(**fields: Any) -> str:
    """Return the line of a click on that send."""
    return to_json({"type": "click", "account": "acme", "message_id": "s-1", "at": NOON} | fields)


def receipt_line(**fields: Any) -> str:
    """Return the line of a delivery receipt of acme; the caller adds a reference and a status."""
    return to_json({"type": "receipt", "account": "acme", "at": NOON} | fields)


def to_json(record: Mapping[str, Any]) -> str:
    """Return the record as a line of NDJSON."""
    return json.dumps(record)


@dataclass(frozen=True)
class ApiClient:
    """Client with a key of `account`, which it sends in every header that a dialect may read."""

    account: str
    key: str

    def get(self, path: str, params: Mapping[str, str] | None = None, **headers: str) -> Any:
        return self.request("GET", f"{path}?{urlencode(params or {})}", b"", **headers)

    def request(self, method: str, path: str, body: bytes = b"", **headers: str) -> Any:
        """Return the response of the WSGI stack, without a network; `body` has all of a streamed response."""
        credentials = {header: prefix + self.key for header, prefix in list_credential_headers().items()}
        extra = {name.replace("_", "-"): value for name, value in headers.items()}
        response: Any = CLIENT.generic(method, path, body, headers=credentials | extra)
        response.body = b"".join(response)
        return response

    def post(self, path: str, body: bytes, content_type: str = "application/x-ndjson", **headers: str) -> Any:
        return self.request("POST", path, body, content_type=content_type, **headers)


@cache
def list_credential_headers() -> Mapping[str, str]:
    """Return the headers in which the dialects read a key, each with what stands before the key."""
    schemes = [scheme for dialect in get_dialects() for scheme in dialect.authentication.security_schemes.values()]
    return {scheme["name"]: "" for scheme in schemes if "name" in scheme} | {"Authorization": "Bearer "}


def create_api_client(account_name: str, *scopes: Scope) -> ApiClient:
    """Create a key of the account, which is created when it does not exist; the default scope is reading."""
    account, _ = Account.objects.get_or_create(name=account_name)
    return ApiClient(account_name, create_key(account, scopes or [Scope.READ]))


def create_finished_export(client: ApiClient) -> Export:
    """Create a finished export of the client's account, with its manifest."""
    account = Account.objects.get(name=client.account)
    export = Export.unscoped.create(account=account, key=account.api_keys.get(), format="csv", total=2, limit=9)
    ExportEnd.objects.create(export=export, rows=2, bytes=99, sha256="0" * 64, is_whole=True)
    return export


@pytest.fixture
def account(db: None) -> Account:
    return Account.objects.create(name="acme")


def cache_content_types() -> None:
    """Fill Django's cache of content types, which a flush empties, before a test counts queries."""
    ContentType.objects.get_for_models(*apps.get_models())


@pytest.fixture
def staff(db: None, client: Client) -> Client:
    """Browser of a superuser: what is refused here is refused to every user."""
    cache_content_types()
    client.force_login(User.objects.create_superuser("staff"))
    return client


def support_role() -> Group:
    """Create the role `support` as its migration does, because a flush between tests removes it."""
    import_module("smsreports.accounts.migrations.0004_support").make_role(apps, None)
    return Group.objects.get(name="support")


@pytest.fixture
def support(db: None) -> Client:
    """Browser of a user with the role `support`."""
    cache_content_types()
    browser = Client(raise_request_exception=False)
    user = User.objects.create_user("somebody of support", is_staff=True)
    user.groups.add(support_role())
    browser.force_login(user)
    return browser


@pytest.fixture
def newcomer(db: None) -> Client:
    """Browser of a member of staff without any permission."""
    browser = Client(raise_request_exception=False)
    browser.force_login(User.objects.create_user("newcomer", is_staff=True))
    return browser


@pytest.fixture
def owner(db: None) -> ApiClient:
    return create_api_client("acme")


@pytest.fixture
def writer(db: None) -> ApiClient:
    """Client of the owner's account whose key may only write."""
    return create_api_client("acme", Scope.WRITE)


@pytest.fixture
def colleague(db: None) -> ApiClient:
    """Client with another key of the owner's account."""
    return create_api_client("acme")


@pytest.fixture
def stranger(db: None) -> ApiClient:
    return create_api_client("globex")


@dataclass(frozen=True)
class LiveServer:
    """Running server at `url`, with helpers that write to its database."""

    url: str

    def load_lines(self, lines: Iterable[str]) -> None:
        load_lines(lines)

    def create_key(self, account: str, scope: Scope = Scope.READ) -> str:
        return create_key(Account.objects.get(name=account), [scope])


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """Close connections after each request: one kept by a server thread would block the drop of the test database."""
    connection.settings_dict["CONN_MAX_AGE"] = 0


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_blocker: Any,
    django_db_modify_db_settings: None,
    django_db_keepdb: bool,
    django_db_createdb: bool,
) -> Iterator[None]:
    """Create the test database for every session that uses this fixture.

    The plugin creates none when no test uses `db`; committed data would go to the configured database.
    """
    with django_db_blocker.unblock():
        databases = setup_databases(0, interactive=False, keepdb=django_db_keepdb and not django_db_createdb)
        _drop_audit_triggers()
    yield
    if not django_db_keepdb:
        with django_db_blocker.unblock():
            teardown_databases(databases, verbosity=0)


def _drop_audit_triggers() -> None:
    """Drop the triggers that forbid to empty the audit tables, which a flush between modules does."""
    with connection.cursor() as cursor:
        for table in ("audit_export", "audit_exportend"):
            cursor.execute(f"DROP TRIGGER IF EXISTS audit_stays_whole ON {table}")


@pytest.fixture(scope="module")
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Allow a module to commit data for all its tests and for other connections; flush it afterwards."""
    assert connection.settings_dict["NAME"].startswith("test_")
    with django_db_blocker.unblock():
        yield
        with connection.cursor() as cursor:
            # A transaction that was left open makes the flush fail instead of blocking all other tests.
            cursor.execute("SET lock_timeout = '20s'")
            call_command("flush", verbosity=0, interactive=False)
            cursor.execute("RESET lock_timeout")


@pytest.fixture(scope="module")
def live(gunicorn: Server, committed: None) -> LiveServer:
    """Running server for a module; loaded data stays until the end of the module."""
    return LiveServer(gunicorn.url)
