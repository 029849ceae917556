"""PostgreSQL outages: read-only, stopped, or out of connections. Every kind of request gets a 503 to retry."""

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
from tests.conftest import ALL_DAYS, DAY, broadcast_line, message_line, send_line
from tests.faults.deployment import SCOPES, build_database_url, read_output, run_postgres
from tests.ingest.load_killer import LoadTarget
from tests.server import Server, serving
from tests.waiting import within

SOON = 30
PASSWORD = "a password of the tests"
RECORD = message_line(client_message_id="m-2").encode()
NDJSON = {"Content-Type": "application/x-ndjson"}
CALLBACK = "/api/v1/gateways/kannel?client_message_id=m-1&type=1&at=1770984000"
# Requests with a key: method, address, body and headers.
KEY_REQUESTS: list[tuple[str, str, bytes, dict[str, str]]] = [
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
# Pages for staff. They only read, so a read-only database is enough.
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
class Site:
    """PostgreSQL and server of the module, with some traffic, a key, and a session of a superuser."""

    postgres: Postgres
    place: LoadTarget
    server: Server
    key: str
    browser: requests.Session = field(default_factory=requests.Session)

    def request(self, method: str, address: str, body: bytes = b"", headers: dict[str, str] | None = None) -> int:
        """Send a request with the key; return its status after a check of every 503."""
        credentials = {"X-API-Key": self.key, "Authorization": f"Bearer {self.key}"}
        url = self.server.url + address
        return check_response(
            requests.request(method, url, data=body, headers=credentials | (headers or {}), timeout=SOON)
        )

    def get_page(self, address: str) -> int:
        return check_response(self.browser.get(self.server.url + address, timeout=SOON, allow_redirects=False))

    def submit_form(self, address: str, **values: str) -> int:
        """Post a form with the CSRF token of the session."""
        token = {"csrfmiddlewaretoken": self.browser.cookies["csrftoken"]}
        url = self.server.url + address
        return check_response(self.browser.post(url, token | values, timeout=SOON, allow_redirects=False))

    def sign_in(self) -> int:
        return self.submit_form("/admin/login/", username="staff", password=PASSWORD)

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.place.conninfo, autocommit=True) as connection:
            connection.execute(statement.encode())

    def get_message_id(self) -> int:
        ((message_id,),) = self.place.query("SELECT id FROM messages_app_message WHERE client_message_id = 'm-1'")
        return int(str(message_id))

    def assert_it_serves(self) -> None:
        within(SOON, lambda: self.request("GET", "/api/v1/sms/messages") == 200)
        assert {self.request(*arguments) for arguments in KEY_REQUESTS} <= {200, 413}
        assert {self.get_page(page) for page in PAGES} == {200}

    def assert_it_refuses(self) -> None:
        """Check that every use of a key gets a 503, and that no page crashes."""
        within(SOON, lambda: self.request("GET", "/api/v1/sms/messages") == 503)
        for arguments in KEY_REQUESTS:
            assert self.request(*arguments) == 503, arguments[:2]
        assert {self.get_page(page) for page in PAGES} <= {200, 503}


def check_response(response: requests.Response) -> int:
    """Return the status. A 503 has Retry-After and, in the API, the error body of the dialect."""
    if response.status_code == 503:
        assert int(response.headers["Retry-After"]) > 0
        if urlsplit(response.url).path.startswith("/api/") and response.request.method != "HEAD":
            body = response.json()
            assert body.get("error_code", body.get("code")) == "UNAVAILABLE"
    assert response.headers["Cache-Control"] == "private, no-store"
    return response.status_code


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="smsreports-outages-")))
        folder.chmod(0o711)  # PostgreSQL passes through it, as another user where we are root
        postgres = stack.enter_context(run_postgres(folder))
        environment = {
            "DATABASE_URL": build_database_url(postgres),
            "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
            "SMSREPORTS_RATE_LIMIT": "1000000",
        }
        place = LoadTarget(environment, postgres.conninfo())
        read_output(place.manage("migrate", "--verbosity", "0"))
        lines = [message_line(client_message_id="m-1"), broadcast_line(), send_line()]
        (folder / "lines").write_text("\n".join(lines))
        read_output(place.start_load(folder / "lines"))
        read_output(place.manage("createsuperuser", "--noinput", "--username", "staff", "--email", ""))
        key = read_output(place.manage("create_api_key", "acme", *SCOPES))
        server = stack.enter_context(serving(folder / "server.log", **environment))
        site = Site(postgres, place, server, key)
        assert site.get_page("/admin/login/") == 200
        assert site.sign_in() == 302
        yield site


@contextmanager
def read_only(site: Site) -> Iterator[None]:
    """Make the database read-only, as happens to a primary with a full disk or after a failover."""
    site.execute("ALTER SYSTEM SET default_transaction_read_only = on")
    site.execute("SELECT pg_reload_conf()")
    try:
        yield
    finally:
        site.execute("ALTER SYSTEM RESET default_transaction_read_only")
        site.execute("SELECT pg_reload_conf()")


@contextmanager
def stopped(site: Site) -> Iterator[None]:
    site.postgres.stop()
    try:
        yield
    finally:
        site.postgres.start()


@contextmanager
def without_free_connections(site: Site) -> Iterator[None]:
    """Open every connection that PostgreSQL allows."""
    site.execute("ALTER SYSTEM SET max_connections = 10")
    site.postgres.stop()
    site.postgres.start()
    with ExitStack() as others:
        while True:
            try:
                others.enter_context(psycopg.connect(site.place.conninfo))
            except psycopg.OperationalError as error:
                assert "too many clients" in str(error)
                break
        yield
    within(SOON, lambda: bool(site.place.query("SELECT 1")))
    site.execute("ALTER SYSTEM RESET max_connections")
    site.postgres.stop()
    site.postgres.start()


@pytest.mark.parametrize("outage", [read_only, stopped, without_free_connections], ids=lambda outage: outage.__name__)
def test_every_use_of_a_key_is_refused_for_the_outage_and_served_after_it(
    site: Site, outage: Callable[[Site], AbstractContextManager[None]]
) -> None:
    with outage(site):
        site.assert_it_refuses()
    site.assert_it_serves()


def test_staff_cannot_sign_in_reveal_or_export_on_a_read_only_database(site: Site) -> None:
    reveal = f"/admin/messages_app/message/{site.get_message_id()}/reveal/"
    export = f"/admin/export/api/?account=acme&from={DAY}&to={DAY}"
    assert site.get_page("/admin/messages_app/message/") == 200
    with read_only(site):
        site.assert_it_refuses()
        assert {site.get_page(page) for page in PAGES} == {200}
        assert site.submit_form(reveal, reason="a ticket of theirs") == 503
        assert site.submit_form(export) == 503
        assert site.get_page("/reports/messages?format=csv&to=9999-12-31") == 503
        assert site.sign_in() == 503
        assert site.submit_form("/reports/login", username="staff", password=PASSWORD) == 503
        assert site.submit_form("/admin/logout/") in (302, 503)
    site.browser.cookies.clear()
    assert site.get_page("/admin/login/") == 200
    assert site.sign_in() == 302
    assert site.submit_form(export) == 200


def test_pages_for_staff_are_503_while_the_database_is_down(site: Site) -> None:
    with stopped(site):
        assert {site.get_page(page) for page in PAGES} == {503}
        assert site.sign_in() == 503


def test_the_writable_one_of_several_hosts_is_used_after_a_failover_too(site: Site) -> None:
    """Use a second PostgreSQL with empty tables in the role of a promoted standby."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="smsreports-second-")))
        folder.chmod(0o711)
        other = stack.enter_context(run_postgres(folder))
        place = LoadTarget({"DATABASE_URL": build_database_url(other)}, other.conninfo())
        read_output(place.manage("migrate", "--verbosity", "0"))
        read_output(place.manage("create_account", "acme"))
        key = read_output(place.manage("create_api_key", "acme"))
        hosts = ",".join(quote(str(postgres.layout.socket), safe="") for postgres in (site.postgres, other))
        url = f"postgres://smsreports@{hosts}/smsreports?target_session_attrs=read-write"
        server = stack.enter_context(serving(folder / "log", DATABASE_URL=url))
        first = Site(site.postgres, site.place, server, site.key)
        second = Site(other, place, server, key)
        assert first.request("GET", "/api/v1/sms/messages") == 200
        with read_only(site):
            # A thread keeps its connection until a request fails to write through it.
            both = (first, second)
            within(SOON, lambda: [host.request("GET", "/api/v1/sms/messages") for host in both] == [401, 200])


def test_nothing_is_logged_as_a_crash(site: Site) -> None:
    """Run last in the module, after every refusal: none of them was a 500."""
    assert not re.search(r"crash in a request|status=500|\"status\": ?500|Traceback", site.server.log.read_text())
    assert site.request("GET", f"/api/v1/sms/messages?{urlencode(ALL_DAYS)}") == 200
