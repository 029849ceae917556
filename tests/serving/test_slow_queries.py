"""Slow queries of one account beside the lists of another, at a real server.

Part of a number is looked for with LIKE. The servers here find a LIKE of these tests first, which waits for a lock: the
slow queries run for exactly as long as a test wants, and no other query waits.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest
import requests
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from psycopg.conninfo import make_conninfo

from smsreports.concurrency.limits import SLOW_QUERIES
from tests.conftest import DAY, EVER, load, message, person, send
from tests.export.test_stream import within
from tests.server import Server, database_url, serving

SOON = 30
# Nobody else's advisory lock.
LOCK = 0x4C494B45
SLOW = f"""
    CREATE SCHEMA slow;
    CREATE FUNCTION slow.waits(a text, b text) RETURNS boolean LANGUAGE plpgsql AS $body$
    BEGIN
        PERFORM pg_advisory_lock_shared({LOCK});
        PERFORM pg_advisory_unlock_shared({LOCK});
        RETURN pg_catalog.textlike(a, b);
    END $body$;
    CREATE OPERATOR slow.~~ (FUNCTION = slow.waits, LEFTARG = text, RIGHTARG = text);
"""
UNIFIED = f"/api/v1/sms/messages/unified?phone=7&page=5000&from={DAY}"
# Every other way to the same slow query; a page is asked by staff.
BY_KEY = (
    ("GET", f"/api/v1/sms/messages?phone=7&from={DAY}"),
    ("GET", f"/api/v1/sms/messages/unified?phone=7&from={DAY}"),
    ("GET", f"/api/v1/sms/stats?phone=7&from={DAY}"),
    ("GET", f"/api/v1/sms/stats/daily?phone=7&from={DAY}"),
    ("GET", f"/api/v1/sms/stats/by-country?phone=7&from={DAY}"),
    ("HEAD", f"/api/v1/sms/messages/unified/export?phone=7&from={DAY}"),
)
BY_STAFF = (
    f"/reports/messages?account=acme&phone=7&from={DAY}&to={DAY}",
    f"/reports/messages?account=acme&in_time=yes&from={DAY}&to={DAY}",
    "/admin/messages_app/message/?account=acme&phone=7777",
)
# What counters and indexes answer.
FAST = ("/api/v1/sms/messages", "/api/v1/sms/messages/unified", "/api/v1/sms/stats", "/api/sms/messages")


class Asker:
    def __init__(self, server: Server, key: str = "", cookie: str = "") -> None:
        self.server = server
        self.headers = {"X-API-Key": key, "Authorization": f"Bearer {key}", "Cookie": cookie}

    def ask(self, method: str, address: str) -> requests.Response:
        return requests.request(method, self.server.url + address, headers=self.headers, timeout=SOON)


@pytest.fixture(scope="module")
def keys(committed: None) -> Iterator[dict[str, str]]:
    for account in ("acme", "globex"):
        sms = {"account": account, "recipient": "+14155557777"}
        load([message(**sms), send(**sms, broadcast="b")])
    with connection.cursor() as cursor:
        cursor.execute(SLOW)
    browser = Client()
    browser.force_login(User.objects.create_superuser("staff"))
    cookie = f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"
    yield {name: person(name).key for name in ("acme", "globex")} | {"cookie": cookie}
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA slow CASCADE")


def slow_url() -> str:
    url = database_url()
    return f"{url}{'&' if '?' in url else '?'}options=-c%20search_path%3Dslow,public,pg_catalog"


@pytest.fixture(scope="module")
def server(keys: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Where slow queries have all the time that they want."""
    log = tmp_path_factory.mktemp("slow") / "log"
    seconds = {"SMSREPORTS_LIST_SECONDS": "600", "SMSREPORTS_STATEMENT_SECONDS": "600"}
    with serving(log, DATABASE_URL=slow_url(), **seconds) as found:
        yield found


@pytest.fixture(scope="module")
def hasty(keys: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Where they have a second."""
    log = tmp_path_factory.mktemp("hasty") / "log"
    with serving(log, DATABASE_URL=slow_url(), SMSREPORTS_LIST_SECONDS="1") as found:
        yield found


def conninfo() -> str:
    known = connection.settings_dict
    named = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    return make_conninfo(**{name: known[key] for name, key in named.items() if known.get(key)})


@contextmanager
def slow_queries() -> Iterator[None]:
    """While every LIKE waits."""
    with psycopg.connect(conninfo(), autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        yield


def number_of_waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted", [LOCK]
        )
        return int(cursor.fetchone()[0])


def test_beside_24_slow_queries_of_one_account_another_ones_lists_are_answered(
    server: Server, keys: dict[str, str]
) -> None:
    noisy, other = Asker(server, keys["acme"]), Asker(server, keys["globex"])
    with ThreadPoolExecutor(25) as people, slow_queries():
        asked = [people.submit(noisy.ask, "GET", UNIFIED) for _ in range(24)]
        within(SOON, lambda: sum(one.done() for one in asked) == 24 - SLOW_QUERIES.max_running_per_account)
        for refused in done(asked):
            assert (refused.status_code, refused.json()["error_code"]) == (429, "RATE_LIMIT_EXCEEDED")
            assert int(refused.headers["Retry-After"]) > 0
        assert number_of_waiting() == SLOW_QUERIES.max_running_per_account
        for who in (other, noisy):
            assert [who.ask("GET", path).status_code for path in FAST] == [200] * len(FAST)
        theirs = people.submit(other.ask, "GET", UNIFIED)  # has a slot of its own
        within(SOON, lambda: number_of_waiting() == SLOW_QUERIES.max_running)
        assert not theirs.done()
        full = other.ask("GET", UNIFIED)
        assert (full.status_code, full.json()["error_code"]) == (503, "UNAVAILABLE")
        assert int(full.headers["Retry-After"]) > 0
    assert [answer.status_code for answer in done(asked)].count(200) == SLOW_QUERIES.max_running_per_account
    assert theirs.result(SOON).status_code == 200


def test_every_way_to_a_slow_query_takes_the_same_slots(server: Server, keys: dict[str, str]) -> None:
    noisy, staff = Asker(server, keys["acme"]), Asker(server, cookie=keys["cookie"])
    with ThreadPoolExecutor(SLOW_QUERIES.max_running_per_account) as people, slow_queries():
        asked = [people.submit(noisy.ask, "GET", UNIFIED) for _ in range(SLOW_QUERIES.max_running_per_account)]
        within(SOON, lambda: number_of_waiting() == SLOW_QUERIES.max_running_per_account)
        for method, address in BY_KEY:
            assert noisy.ask(method, address).status_code == 429, address
        for address in BY_STAFF:
            page = staff.ask("GET", address)
            assert (page.status_code, page.headers["Content-Type"]) == (429, "text/html; charset=utf-8"), address
            assert int(page.headers["Retry-After"]) > 0
        assert not any(one.done() for one in asked)
    for method, address in BY_KEY:
        assert noisy.ask(method, address).status_code == 200, address
    for address in BY_STAFF:
        assert staff.ask("GET", address).status_code == 200, address


def test_searches_of_staff_have_slots_too(server: Server, keys: dict[str, str]) -> None:
    staff = Asker(server, cookie=keys["cookie"])
    search = "/admin/messages_app/message/?q=7777"
    with ThreadPoolExecutor(SLOW_QUERIES.max_running_per_account) as people, slow_queries():
        asked = [people.submit(staff.ask, "GET", search) for _ in range(SLOW_QUERIES.max_running_per_account)]
        within(SOON, lambda: number_of_waiting() == SLOW_QUERIES.max_running_per_account)
        assert staff.ask("GET", search).status_code == 429
        assert not any(one.done() for one in asked)
    assert {one.result(SOON).status_code for one in asked} == {200}


def test_a_query_that_takes_too_long_is_given_up_with_a_hint(hasty: Server, keys: dict[str, str]) -> None:
    noisy, staff = Asker(hasty, keys["acme"]), Asker(hasty, cookie=keys["cookie"])
    with slow_queries():
        for method, address in BY_KEY:
            answer = noisy.ask(method, address)
            assert (answer.status_code, int(answer.headers["Retry-After"]) > 0) == (503, True), address
            if method != "HEAD":
                assert answer.json()["error_code"] == "UNAVAILABLE"
                assert "Narrow the window of days, or follow `cursor`" in answer.json()["description"]
        for address in BY_STAFF[::2]:
            page = staff.ask("GET", address)
            assert (page.status_code, "Narrow the window" in page.text) == (503, True), address
        assert noisy.ask("GET", UNIFIED).status_code == 503
    assert noisy.ask("GET", BY_KEY[0][1]).status_code == 200


def test_a_list_that_counters_cover_is_given_up_too(hasty: Server, keys: dict[str, str]) -> None:
    """Here a migration, say, holds the table."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE messages_app_message")
        telecom, ersaal = (Asker(hasty, keys["acme"]).ask("GET", path) for path in (FAST[0], FAST[3]))
    assert (telecom.status_code, telecom.json()["error_code"]) == (503, "UNAVAILABLE")
    assert (ersaal.status_code, ersaal.json()["code"]) == (503, "UNAVAILABLE")
    for answer in (telecom, ersaal):
        assert "Narrow the window" in answer.text
        assert int(answer.headers["Retry-After"]) > 0
    assert Asker(hasty, keys["acme"]).ask("GET", f"{FAST[0]}?to={EVER['to']}").status_code == 200


def done(asked: list["Future[requests.Response]"]) -> list[requests.Response]:
    return [one.result() for one in asked if one.done()]
