"""A PostgreSQL that cannot serve: read only, stopped, full or cut off. Every kind of request is told to come back."""

import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import psycopg
import pytest
import requests

from smsreports.embedded_postgres.server import Server as Postgres
from tests.conftest import DAY, EVER, broadcast, message, send
from tests.export.test_stream import within
from tests.faults.world import SCOPES, _printed, _url, postgres
from tests.ingest.killing import Place
from tests.server import Server, serving

SOON = 30
PASSWORD = "a password of the tests"
RECORD = message(client_message_id="m-2").encode()
NDJSON = {"Content-Type": "application/x-ndjson"}
CALLBACK = "/api/v1/gateways/kannel?client_message_id=m-1&type=1&at=1770984000"
# What a key is used for: method, address, body and headers.
KEYED: list[tuple[str, str, bytes, dict[str, str]]] = [
    *(
        (method, address, b"", {})
        for method in ("GET", "HEAD")
        for address in (
            "/api/v1/sms/messages",
            f"/api/v1/sms/messages?phone=4&page=3&from={DAY}",
            "/api/v1/sms/messages/unified?to=9999-12-31",
            "/api/v1/sms/messages/unified/export?to=9999-12-31",
            "/api/v1/sms/status/m-1",
            "/api/v1/sms/stats",
            "/api/v1/sms/stats/daily?phone=4",
            "/api/v1/sms/stats/by-country",
            "/api/v1/audit",
            "/api/sms/messages",
            "/api/sms/messages/m-1",
        )
    ),
    ("GET", CALLBACK, b"", {}),
    ("POST", "/api/v1/ingest", RECORD, NDJSON),
    ("POST", "/api/v1/ingest", RECORD * 50_000, NDJSON),
]
# What staff look at. A page only reads, and so a read-only database answers it.
PAGES = (
    "/reports/",
    "/reports/messages?to=9999-12-31",
    "/reports/health",
    "/reports/broadcasts",
    "/admin/",
    "/admin/messages_app/message/",
    "/admin/messages_app/message/?q=%2B14155551234",
    "/admin/accounts/apikey/",
)


@dataclass
class World:
    """A PostgreSQL and a server of their own, with some traffic, a key, and staff who are logged in."""

    postgres: Postgres
    place: Place
    server: Server
    key: str
    browser: requests.Session = field(default_factory=requests.Session)

    def ask(self, method: str, address: str, body: bytes = b"", headers: dict[str, str] | None = None) -> int:
        """Return the status, after what every 503 must have was checked."""
        credentials = {"X-API-Key": self.key, "Authorization": f"Bearer {self.key}"}
        url = self.server.url + address
        return checked(requests.request(method, url, data=body, headers=credentials | (headers or {}), timeout=SOON))

    def look(self, address: str) -> int:
        return checked(self.browser.get(self.server.url + address, timeout=SOON, allow_redirects=False))

    def submit(self, address: str, **values: str) -> int:
        """Send a form with the token of the browser's last page."""
        token = {"csrfmiddlewaretoken": self.browser.cookies["csrftoken"]}
        url = self.server.url + address
        return checked(self.browser.post(url, token | values, timeout=SOON, allow_redirects=False))

    def sign_in(self) -> int:
        return self.submit("/admin/login/", username="staff", password=PASSWORD)

    def psql(self, statement: str) -> None:
        with psycopg.connect(self.place.conninfo, autocommit=True) as connection:
            connection.execute(statement.encode())

    def message_id(self) -> int:
        ((found,),) = self.place.ask("SELECT id FROM messages_app_message WHERE client_message_id = 'm-1'")
        return int(str(found))

    def assert_it_serves(self) -> None:
        within(SOON, lambda: self.ask("GET", "/api/v1/sms/messages") == 200)
        assert {self.ask(*one) for one in KEYED} <= {200, 413}
        assert {self.look(page) for page in PAGES} == {200}

    def assert_it_pauses(self) -> None:
        """Every use of a key is refused for now, and no page crashes."""
        within(SOON, lambda: self.ask("GET", "/api/v1/sms/messages") == 503)
        for one in KEYED:
            assert self.ask(*one) == 503, one[:2]
        assert {self.look(page) for page in PAGES} <= {200, 503}


def checked(answer: requests.Response) -> int:
    """A pause says how long it is, and, below the API, in the dialect's shape."""
    if answer.status_code == 503:
        assert int(answer.headers["Retry-After"]) > 0
        if urlsplit(answer.url).path.startswith("/api/") and answer.request.method != "HEAD":
            body = answer.json()
            assert body.get("error_code", body.get("code")) == "UNAVAILABLE"
    assert answer.headers["Cache-Control"] == "private, no-store"
    return answer.status_code


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="smsreports-outages-")))
        folder.chmod(0o711)  # PostgreSQL passes through it, as another user where we are root
        made = held.enter_context(postgres(folder))
        named = {"DATABASE_URL": _url(made), "DJANGO_SUPERUSER_PASSWORD": PASSWORD, "SMSREPORTS_RATE_LIMIT": "1000000"}
        place = Place(named, made.conninfo())
        _printed(place.manage("migrate", "--verbosity", "0"))
        lines = [message(client_message_id="m-1"), broadcast(), send()]
        (folder / "lines").write_text("\n".join(lines))
        _printed(place.load(folder / "lines"))
        _printed(place.manage("createsuperuser", "--noinput", "--username", "staff", "--email", ""))
        key = _printed(place.manage("create_api_key", "acme", *SCOPES))
        server = held.enter_context(serving(folder / "server.log", **named))
        found = World(made, place, server, key)
        assert found.look("/admin/login/") == 200
        assert found.sign_in() == 302
        yield found


@contextmanager
def read_only(world: World) -> Iterator[None]:
    """As a primary is made when its disk fills, or when another one took over."""
    world.psql("ALTER SYSTEM SET default_transaction_read_only = on")
    world.psql("SELECT pg_reload_conf()")
    try:
        yield
    finally:
        world.psql("ALTER SYSTEM RESET default_transaction_read_only")
        world.psql("SELECT pg_reload_conf()")


@contextmanager
def stopped(world: World) -> Iterator[None]:
    world.postgres.stop()
    try:
        yield
    finally:
        world.postgres.start()


@contextmanager
def full(world: World) -> Iterator[None]:
    """Others hold every connection that there may be."""
    world.psql("ALTER SYSTEM SET max_connections = 10")
    world.postgres.stop()
    world.postgres.start()
    with ExitStack() as others:
        while True:
            try:
                others.enter_context(psycopg.connect(world.place.conninfo))
            except psycopg.OperationalError as fault:
                assert "too many clients" in str(fault)
                break
        yield
    within(SOON, lambda: bool(world.place.ask("SELECT 1")))
    world.psql("ALTER SYSTEM RESET max_connections")
    world.postgres.stop()
    world.postgres.start()


@pytest.mark.parametrize("outage", [read_only, stopped, full], ids=lambda outage: outage.__name__)
def test_every_use_of_a_key_is_told_to_come_back_and_then_served(
    world: World, outage: Callable[[World], AbstractContextManager[None]]
) -> None:
    with outage(world):
        world.assert_it_pauses()
    world.assert_it_serves()


def test_staff_cannot_sign_in_reveal_or_export_on_a_read_only_database_and_are_told_so(world: World) -> None:
    reveal = f"/admin/messages_app/message/{world.message_id()}/reveal/"
    export = f"/admin/export/api/?account=acme&from={DAY}&to={DAY}"
    assert world.look("/admin/messages_app/message/") == 200
    with read_only(world):
        world.assert_it_pauses()
        assert {world.look(page) for page in PAGES} == {200}
        assert world.submit(reveal, reason="a ticket of theirs") == 503
        assert world.submit(export) == 503
        assert world.look("/reports/messages?format=csv&to=9999-12-31") == 503
        assert world.sign_in() == 503
        assert world.submit("/reports/login", username="staff", password=PASSWORD) == 503
        assert world.submit("/admin/logout/") in (302, 503)
    world.browser.cookies.clear()
    assert world.look("/admin/login/") == 200
    assert world.sign_in() == 302
    assert world.submit(export) == 200


def test_staff_are_told_when_the_database_is_gone(world: World) -> None:
    with stopped(world):
        assert {world.look(page) for page in PAGES} == {503}
        assert world.sign_in() == 503


def test_of_several_hosts_the_one_that_can_be_written_is_used_also_after_they_change_places(world: World) -> None:
    """As with a standby that is promoted, for which the other PostgreSQL stands here, empty but for its tables."""
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="smsreports-second-")))
        folder.chmod(0o711)
        other = held.enter_context(postgres(folder))
        place = Place({"DATABASE_URL": _url(other)}, other.conninfo())
        _printed(place.manage("migrate", "--verbosity", "0"))
        _printed(place.manage("create_account", "acme"))
        key = _printed(place.manage("create_api_key", "acme"))
        hosts = ",".join(quote(str(one.layout.socket), safe="") for one in (world.postgres, other))
        url = f"postgres://smsreports@{hosts}/smsreports?target_session_attrs=read-write"
        server = held.enter_context(serving(folder / "log", DATABASE_URL=url))
        first = World(world.postgres, world.place, server, world.key)
        second = World(other, place, server, key)
        assert first.ask("GET", "/api/v1/sms/messages") == 200
        with read_only(world):
            # A thread keeps its connection until a request finds out that nothing can be written by it.
            both = (first, second)
            within(SOON, lambda: [one.ask("GET", "/api/v1/sms/messages") for one in both] == [401, 200])


def test_nothing_is_logged_as_a_crash(world: World) -> None:
    """The last of the module: of all these refusals none was an answer of 500."""
    assert not re.search(r"crash in a request|status=500|\"status\": ?500|Traceback", world.server.log.read_text())
    assert world.ask("GET", f"/api/v1/sms/messages?{urlencode(EVER)}") == 200
