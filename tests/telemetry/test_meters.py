"""What /metrics says after what happened, of all workers together, and to whom."""

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import requests

from smsreports.accounts.models import Scope
from tests.conftest import CLIENT, load, message, person
from tests.server import Server, database_url, serving
from tests.waiting import SOON, within

LIST = "/api/v1/sms/messages"


@pytest.fixture(scope="module")
def server(committed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("meters") / "log"
    with serving(log, 2, DATABASE_URL=database_url(), SMSREPORTS_RATE_LIMIT="40") as started:
        yield started


@contextmanager
def counted(server: Server, name: str, expected: float, **labels: str) -> Iterator[None]:
    """Hold that what happens meanwhile is counted so often."""
    before = server.metric(name, **labels)
    yield
    assert server.metric(name, **labels) - before == expected


def ask(server: Server, path: str, key: str = "", method: str = "GET", body: bytes = b"") -> requests.Response:
    headers = {"X-API-Key": key, "Content-Type": "application/x-ndjson"}
    return requests.request(method, f"{server.url}{path}", headers=headers, data=body, timeout=30)


def test_requests_are_counted_by_route_over_all_workers(server: Server) -> None:
    who = person("acme").key
    of = {"dialect": "telecom23", "route": "api/v1/sms/messages", "method": "GET"}
    with (
        counted(server, "smsreports_requests_total", 3, **of, status="200"),
        counted(server, "smsreports_requests_total", 1, **of, status="400"),
        counted(server, "smsreports_request_seconds_count", 4, **of),
    ):
        statuses = [ask(server, f"{LIST}?limit={n}", who).status_code for n in (1, 2, 3, 0)]
    assert statuses == [200, 200, 200, 400]
    # The one that asks.
    assert server.metric("smsreports_requests_under_way") == 1


def test_files_are_counted_with_their_rows_and_bytes(server: Server) -> None:
    who = person("files")
    load(message(account="files", client_message_id=f"m-{n}") for n in range(7))
    plain = {"X-API-Key": who.key, "Accept-Encoding": "identity"}
    bytes_before = server.metric("smsreports_export_bytes_total")
    with (
        counted(server, "smsreports_exports_total", 1, ended="whole"),
        counted(server, "smsreports_exports_total", 0, ended="broken"),
        counted(server, "smsreports_export_rows_total", 7),
    ):
        file = requests.get(f"{server.url}{LIST}/unified/export?to=9999-12-31", headers=plain, timeout=30)
    assert server.metric("smsreports_export_bytes_total") - bytes_before == len(file.content)
    assert server.metric("smsreports_exports_under_way") == 0


def test_lines_are_counted_by_what_became_of_them(server: Server) -> None:
    key = person("loader", Scope.WRITE).key
    line = message(account="loader").encode()
    with ExitStack() as counters:
        for outcome in ("accepted", "duplicate", "rejected"):
            counters.enter_context(counted(server, "smsreports_ingested_lines_total", 1, outcome=outcome))
        assert ask(server, "/api/v1/ingest", key, "POST", b"\n".join([line, line, b"{"])).status_code == 200


def test_who_is_refused_is_counted_by_the_reason(server: Server) -> None:
    refused = "smsreports_callers_refused_total"
    with counted(server, refused, 1, reason="no_key"), counted(server, refused, 2, reason="unknown_key"):
        for key in ("", "sk_prod_wrong", "sk_prod_wrong2"):
            assert ask(server, LIST, key).status_code == 401


def test_limits_that_were_hit_are_counted(server: Server) -> None:
    key = person("limited").key
    with counted(server, "smsreports_rate_limited_total", 1, dialect="telecom23"):
        while ask(server, LIST, key).status_code != 429:
            pass


def test_odd_addresses_and_methods_share_one_label(server: Server) -> None:
    with counted(server, "smsreports_requests_total", 2, route="-", method="-"):
        for path in ("/4917012345678", "/nowhere/4917012345678"):
            assert ask(server, path, method="BREW").status_code in (404, 405)


def test_no_label_holds_what_was_asked(server: Server) -> None:
    ask(server, "/api/v1/sms/status/acme-4917012345678?phone=4917012345678", "sk_prod_4917012345678")
    text = requests.get(f"{server.url}/metrics", timeout=30).text
    values = {value for value in re.findall(r'="([^"]*)"', text) if not re.fullmatch(r"[\d.]+|\+Inf", value)}
    assert "api/v1/sms/status/<str:client_message_id>" in values
    assert [value for value in values if re.search(r"\d{4}|sk_prod|acme", value)] == []


def test_counts_outlive_their_worker_and_the_folder_ends_with_the_server(committed: None, tmp_path: Path) -> None:
    with serving(tmp_path / "log", DATABASE_URL=database_url()) as server:
        assert ask(server, "/").status_code == 200
        assert server.metric("smsreports_requests_total", route="") == 1
        worker = server.worker()
        environment = Path(f"/proc/{worker}/maps").read_text()
        (folder,) = set(re.findall(r"\S+/smsreports-counts-[^/]+", environment))
        os.kill(worker, 9)
        # The next one answers.
        within(SOON, lambda: server.workers() not in ([], [worker]))
        assert server.metric("smsreports_requests_total", route="") == 1
        assert Path(folder).is_dir()
    assert not Path(folder).exists()


@pytest.mark.parametrize(
    ("address", "more", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("::ffff:127.0.0.1", {}, 200),
        ("10.0.0.1", {}, 404),
        ("", {}, 404),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 404),
        ("127.0.0.1", {"Forwarded": "for=127.0.0.1"}, 404),
    ],
)
def test_counts_are_told_where_they_may_be_and_elsewhere_there_is_nothing(
    db: None, address: str, more: dict[str, str], status: int
) -> None:
    assert CLIENT.get("/metrics", REMOTE_ADDR=address, headers=more).status_code == status
