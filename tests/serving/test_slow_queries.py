"""Slow queries of one account beside the lists of another, on a real server.

A part of a number is searched with LIKE. The search_path of these servers begins with a schema whose LIKE operator
waits for a lock. So the slow queries run exactly as long as a test needs, and no other query waits.
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
from tests.conftest import ALL_DAYS, DAY, create_api_client, load_lines, message_line, send_line
from tests.server import Server, database_url, serving
from tests.waiting import within

SOON = 30
# Advisory lock that nothing else uses.
LOCK = 0x4C494B45
SLOW_LIKE = f"""
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
# The other endpoints and pages with the same slow query.
API_REQUESTS = (
    ("GET", f"/api/v1/sms/messages?phone=7&from={DAY}"),
    ("GET", f"/api/v1/sms/messages/unified?phone=7&from={DAY}"),
    ("GET", f"/api/v1/sms/stats?phone=7&from={DAY}"),
    ("GET", f"/api/v1/sms/stats/daily?phone=7&from={DAY}"),
    ("GET", f"/api/v1/sms/stats/by-country?phone=7&from={DAY}"),
    ("HEAD", f"/api/v1/sms/messages/unified/export?phone=7&from={DAY}"),
)
STAFF_PAGES = (
    f"/reports/messages?account=acme&phone=7&from={DAY}&to={DAY}",
    f"/reports/messages?account=acme&in_time=yes&from={DAY}&to={DAY}",
    "/admin/messages_app/message/?account=acme&phone=7777",
)
# Lists that counters and indexes answer.
FAST_PATHS = ("/api/v1/sms/messages", "/api/v1/sms/messages/unified", "/api/v1/sms/stats", "/api/sms/messages")


class Caller:
    def __init__(self, server: Server, key: str = "", cookie: str = "") -> None:
        self.server = server
        self.headers = {"X-API-Key": key, "Authorization": f"Bearer {key}", "Cookie": cookie}

    def request(self, method: str, address: str) -> requests.Response:
        return requests.request(method, self.server.url + address, headers=self.headers, timeout=SOON)


@pytest.fixture(scope="module")
def keys(committed: None) -> Iterator[dict[str, str]]:
    for account in ("acme", "globex"):
        sms = {"account": account, "recipient": "+14155557777"}
        load_lines([message_line(**sms), send_line(**sms, broadcast="b")])
    with connection.cursor() as cursor:
        cursor.execute(SLOW_LIKE)
    browser = Client()
    browser.force_login(User.objects.create_superuser("staff"))
    cookie = f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"
    yield {name: create_api_client(name).key for name in ("acme", "globex")} | {"cookie": cookie}
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA slow CASCADE")


def build_slow_url() -> str:
    url = database_url()
    return f"{url}{'&' if '?' in url else '?'}options=-c%20search_path%3Dslow,public,pg_catalog"


@pytest.fixture(scope="module")
def server(keys: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Server with a long time limit for slow queries."""
    log = tmp_path_factory.mktemp("slow") / "log"
    seconds = {"SMSREPORTS_LIST_SECONDS": "600", "SMSREPORTS_STATEMENT_SECONDS": "600"}
    with serving(log, DATABASE_URL=build_slow_url(), **seconds) as started:
        yield started


@pytest.fixture(scope="module")
def hasty(keys: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Server with a time limit of one second."""
    log = tmp_path_factory.mktemp("hasty") / "log"
    with serving(log, DATABASE_URL=build_slow_url(), SMSREPORTS_LIST_SECONDS="1") as started:
        yield started


def build_conninfo() -> str:
    settings_dict = connection.settings_dict
    parameters = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    return make_conninfo(**{name: settings_dict[key] for name, key in parameters.items() if settings_dict.get(key)})


@contextmanager
def slow_queries() -> Iterator[None]:
    """Let every LIKE wait in the block."""
    with psycopg.connect(build_conninfo(), autocommit=True) as lock_holder:
        lock_holder.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        yield


def count_waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted", [LOCK]
        )
        return int(cursor.fetchone()[0])


def test_slow_queries_of_one_account_do_not_block_lists_of_another(server: Server, keys: dict[str, str]) -> None:
    noisy, other = Caller(server, keys["acme"]), Caller(server, keys["globex"])
    with ThreadPoolExecutor(25) as pool, slow_queries():
        futures = [pool.submit(noisy.request, "GET", UNIFIED) for _ in range(24)]
        within(SOON, lambda: sum(future.done() for future in futures) == 24 - SLOW_QUERIES.max_running_per_account)
        for refused in get_done_results(futures):
            assert (refused.status_code, refused.json()["error_code"]) == (429, "RATE_LIMIT_EXCEEDED")
            assert int(refused.headers["Retry-After"]) > 0
        assert count_waiting() == SLOW_QUERIES.max_running_per_account
        for caller in (other, noisy):
            assert [caller.request("GET", path).status_code for path in FAST_PATHS] == [200] * len(FAST_PATHS)
        own_slot = pool.submit(other.request, "GET", UNIFIED)  # has a slot of its own
        within(SOON, lambda: count_waiting() == SLOW_QUERIES.max_running)
        assert not own_slot.done()
        excess = other.request("GET", UNIFIED)
        assert (excess.status_code, excess.json()["error_code"]) == (503, "UNAVAILABLE")
        assert int(excess.headers["Retry-After"]) > 0
    assert [answer.status_code for answer in get_done_results(futures)].count(
        200
    ) == SLOW_QUERIES.max_running_per_account
    assert own_slot.result(SOON).status_code == 200


def test_all_slow_endpoints_share_the_slots_of_the_account(server: Server, keys: dict[str, str]) -> None:
    noisy, staff = Caller(server, keys["acme"]), Caller(server, cookie=keys["cookie"])
    with ThreadPoolExecutor(SLOW_QUERIES.max_running_per_account) as pool, slow_queries():
        futures = [pool.submit(noisy.request, "GET", UNIFIED) for _ in range(SLOW_QUERIES.max_running_per_account)]
        within(SOON, lambda: count_waiting() == SLOW_QUERIES.max_running_per_account)
        for method, address in API_REQUESTS:
            assert noisy.request(method, address).status_code == 429, address
        for address in STAFF_PAGES:
            page = staff.request("GET", address)
            assert (page.status_code, page.headers["Content-Type"]) == (429, "text/html; charset=utf-8"), address
            assert int(page.headers["Retry-After"]) > 0
        assert not any(future.done() for future in futures)
    for method, address in API_REQUESTS:
        assert noisy.request(method, address).status_code == 200, address
    for address in STAFF_PAGES:
        assert staff.request("GET", address).status_code == 200, address


def test_staff_searches_are_limited(server: Server, keys: dict[str, str]) -> None:
    staff = Caller(server, cookie=keys["cookie"])
    search = "/admin/messages_app/message/?q=7777"
    with ThreadPoolExecutor(SLOW_QUERIES.max_running_per_account) as pool, slow_queries():
        futures = [pool.submit(staff.request, "GET", search) for _ in range(SLOW_QUERIES.max_running_per_account)]
        within(SOON, lambda: count_waiting() == SLOW_QUERIES.max_running_per_account)
        assert staff.request("GET", search).status_code == 429
        assert not any(future.done() for future in futures)
    assert {future.result(SOON).status_code for future in futures} == {200}


def test_a_query_timeout_is_a_503_with_a_hint(hasty: Server, keys: dict[str, str]) -> None:
    noisy, staff = Caller(hasty, keys["acme"]), Caller(hasty, cookie=keys["cookie"])
    with slow_queries():
        for method, address in API_REQUESTS:
            answer = noisy.request(method, address)
            assert (answer.status_code, int(answer.headers["Retry-After"]) > 0) == (503, True), address
            if method != "HEAD":
                assert answer.json()["error_code"] == "UNAVAILABLE"
                assert "Narrow the window of days, or follow `cursor`" in answer.json()["description"]
        for address in STAFF_PAGES[::2]:
            page = staff.request("GET", address)
            assert (page.status_code, "Narrow the window" in page.text) == (503, True), address
        assert noisy.request("GET", UNIFIED).status_code == 503
    assert noisy.request("GET", API_REQUESTS[0][1]).status_code == 200


def test_a_list_with_counters_times_out_too(hasty: Server, keys: dict[str, str]) -> None:
    """The table is locked, as by a migration."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE messages_app_message")
        telecom, ersaal = (Caller(hasty, keys["acme"]).request("GET", path) for path in (FAST_PATHS[0], FAST_PATHS[3]))
    assert (telecom.status_code, telecom.json()["error_code"]) == (503, "UNAVAILABLE")
    assert (ersaal.status_code, ersaal.json()["code"]) == (503, "UNAVAILABLE")
    for answer in (telecom, ersaal):
        assert "Narrow the window" in answer.text
        assert int(answer.headers["Retry-After"]) > 0
    assert Caller(hasty, keys["acme"]).request("GET", f"{FAST_PATHS[0]}?to={ALL_DAYS['to']}").status_code == 200


def get_done_results(futures: list["Future[requests.Response]"]) -> list[requests.Response]:
    return [future.result() for future in futures if future.done()]
