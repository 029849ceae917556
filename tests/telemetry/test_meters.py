"""Metrics of all workers at /metrics."""

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import requests

from smsreports.accounts.models import Scope
from tests.conftest import CLIENT, create_api_client, load_lines, message_line
from tests.server import Server, database_url, serving
from tests.waiting import SOON, within

LIST = "/api/v1/sms/messages"


@pytest.fixture(scope="module")
def server(committed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("meters") / "log"
    with serving(log, 2, DATABASE_URL=database_url(), SMSREPORTS_RATE_LIMIT="40") as started:
        yield started


@contextmanager
def counts_up(server: Server, name: str, expected: float, **labels: str) -> Iterator[None]:
    """Check that the metric grows by `expected` in the block."""
    before = server.metric(name, **labels)
    yield
    assert server.metric(name, **labels) - before == expected


def send_request(server: Server, path: str, key: str = "", method: str = "GET", body: bytes = b"") -> requests.Response:
    headers = {"X-API-Key": key, "Content-Type": "application/x-ndjson"}
    return requests.request(method, f"{server.url}{path}", headers=headers, data=body, timeout=30)


def test_requests_are_counted_by_route_over_all_workers(server: Server) -> None:
    key = create_api_client("acme").key
    labels = {"dialect": "telecom23", "route": "api/v1/sms/messages", "method": "GET"}
    with (
        counts_up(server, "smsreports_requests_total", 3, **labels, status="200"),
        counts_up(server, "smsreports_requests_total", 1, **labels, status="400"),
        counts_up(server, "smsreports_request_seconds_count", 4, **labels),
    ):
        statuses = [send_request(server, f"{LIST}?limit={n}", key).status_code for n in (1, 2, 3, 0)]
    assert statuses == [200, 200, 200, 400]
    # The request that reads the metrics.
    assert server.metric("smsreports_requests_under_way") == 1


def test_exports_are_counted_with_their_rows_and_bytes(server: Server) -> None:
    reader = create_api_client("files")
    load_lines(message_line(account="files", client_message_id=f"m-{n}") for n in range(7))
    headers = {"X-API-Key": reader.key, "Accept-Encoding": "identity"}
    bytes_before = server.metric("smsreports_export_bytes_total")
    with (
        counts_up(server, "smsreports_exports_total", 1, ended="whole"),
        counts_up(server, "smsreports_exports_total", 0, ended="broken"),
        counts_up(server, "smsreports_export_rows_total", 7),
    ):
        file = requests.get(f"{server.url}{LIST}/unified/export?to=9999-12-31", headers=headers, timeout=30)
    assert server.metric("smsreports_export_bytes_total") - bytes_before == len(file.content)
    assert server.metric("smsreports_exports_under_way") == 0


def test_ingested_lines_are_counted_by_outcome(server: Server) -> None:
    key = create_api_client("loader", Scope.WRITE).key
    line = message_line(account="loader").encode()
    with ExitStack() as counters:
        for outcome in ("accepted", "duplicate", "rejected"):
            counters.enter_context(counts_up(server, "smsreports_ingested_lines_total", 1, outcome=outcome))
        assert send_request(server, "/api/v1/ingest", key, "POST", b"\n".join([line, line, b"{"])).status_code == 200


def test_refused_credentials_are_counted_by_reason(server: Server) -> None:
    name = "smsreports_callers_refused_total"
    with counts_up(server, name, 1, reason="no_key"), counts_up(server, name, 2, reason="unknown_key"):
        for key in ("", "sk_prod_wrong", "sk_prod_wrong2"):
            assert send_request(server, LIST, key).status_code == 401


def test_rate_limited_requests_are_counted(server: Server) -> None:
    key = create_api_client("limited").key
    with counts_up(server, "smsreports_rate_limited_total", 1, dialect="telecom23"):
        while send_request(server, LIST, key).status_code != 429:
            pass


def test_unknown_paths_and_methods_share_one_label(server: Server) -> None:
    with counts_up(server, "smsreports_requests_total", 2, route="-", method="-"):
        for path in ("/4917012345678", "/nowhere/4917012345678"):
            assert send_request(server, path, method="BREW").status_code in (404, 405)


def test_labels_contain_no_data_of_the_request(server: Server) -> None:
    send_request(server, "/api/v1/sms/status/acme-4917012345678?phone=4917012345678", "sk_prod_4917012345678")
    text = requests.get(f"{server.url}/metrics", timeout=30).text
    values = {value for value in re.findall(r'="([^"]*)"', text) if not re.fullmatch(r"[\d.]+|\+Inf", value)}
    assert "api/v1/sms/status/<str:client_message_id>" in values
    assert [value for value in values if re.search(r"\d{4}|sk_prod|acme", value)] == []


def test_counters_outlive_their_worker_and_their_folder_is_deleted_at_the_end(committed: None, tmp_path: Path) -> None:
    with serving(tmp_path / "log", DATABASE_URL=database_url()) as server:
        assert send_request(server, "/").status_code == 200
        assert server.metric("smsreports_requests_total", route="") == 1
        worker = server.worker()
        memory_map = Path(f"/proc/{worker}/maps").read_text()
        (folder,) = set(re.findall(r"\S+/smsreports-counts-[^/]+", memory_map))
        os.kill(worker, 9)
        # A new worker has started.
        within(SOON, lambda: server.workers() not in ([], [worker]))
        assert server.metric("smsreports_requests_total", route="") == 1
        assert Path(folder).is_dir()
    assert not Path(folder).exists()


@pytest.mark.parametrize(
    ("address", "headers", "status"),
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
def test_metrics_are_served_to_local_callers_only(db: None, address: str, headers: dict[str, str], status: int) -> None:
    assert CLIENT.get("/metrics", REMOTE_ADDR=address, headers=headers).status_code == status
