"""Number of queries of each endpoint. It is fixed here, and does not depend on the number of rows."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from broadcasts_app.models import Broadcast
from messages_app.models import Message
from smsreports.accounts.models import Account, Reveal
from smsreports.audit.models import Export, ExportEnd
from smsreports.queries import listing
from smsreports.routing import build_urlpatterns
from tests.conftest import ALL_DAYS, DAY, ApiClient, broadcast_line, load_lines, message_line, send_line

# Id of a finished export.
EXPORT_ID = UUID("6f1c2f0e-0000-4000-8000-000000000000")
ONE_DAY = {"from": DAY, "to": DAY}
# By URL name: path, parameters and number of queries. Two queries of each read the key with its account, and update
# the rate limit.
QUERIES: dict[str, tuple[str, dict[str, str], int]] = {
    "telecom23-api-list": ("/api/v1/sms/messages", ALL_DAYS, 3),
    "telecom23-broadcasts-list": ("/api/v1/sms/broadcasts", ALL_DAYS, 4),
    "telecom23-sends-list": ("/api/v1/sms/broadcasts/{broadcast}/sends", {}, 4),
    "telecom23-unified-list": ("/api/v1/sms/messages/unified", ALL_DAYS, 3),
    "telecom23-export-export": ("/api/v1/sms/messages/unified/export", ALL_DAYS, 3),
    "telecom23-receipt-retrieve": (f"/api/v1/sms/messages/unified/export/{EXPORT_ID}/receipt", {}, 3),
    "telecom23-audit-list": ("/api/v1/audit", {}, 7),
    "telecom23-stats-total": ("/api/v1/sms/stats", ONE_DAY, 3),
    "telecom23-stats-daily": ("/api/v1/sms/stats/daily", ONE_DAY, 3),
    "telecom23-stats-by_country": ("/api/v1/sms/stats/by-country", ONE_DAY, 3),
    "telecom23-status-retrieve": ("/api/v1/sms/status/m-1", {}, 4),
    "laravel-items-list": ("/api/sms/messages", ALL_DAYS, 10),
    "laravel-items-retrieve": ("/api/sms/messages/m-1", {}, 6),
}
# By URL name of endpoints that load traffic: method, path, body for a number of lines, and number of queries.
LOADS: dict[str, tuple[str, str, Callable[[int], bytes], int]] = {
    "telecom23-ingest-create": ("POST", "/api/v1/ingest", lambda n: "\n".join(build_lines(1, n + 1)).encode(), 53),
    "telecom23-gateways-receive": (
        "GET", "/api/v1/gateways/kannel?client_message_id=m-1&type=1&at=1770984000", lambda n: b"", 22
    ),
}  # fmt: skip


def build_lines(first: int, last: int) -> Iterator[str]:
    """Yield the lines of requests with two messages each, and of broadcasts with two sends each."""
    for number in range(first, last):
        yield message_line(client_message_id=f"m-{number}", created_at=f"{DAY}T10:{number:02}:00Z")
        yield message_line(
            client_message_id=f"n-{number}", request_id=f"m-{number}", created_at=f"{DAY}T11:{number:02}:00Z"
        )
        yield broadcast_line(broadcast=f"b-{number}", created_at=f"{DAY}T10:{number:02}:00Z")
        yield from (send_line(broadcast=f"b-{number}", message_id=f"s-{number}-{index}") for index in (1, 2))


@pytest.fixture
def count_queries(owner: ApiClient) -> Callable[..., int]:
    """Return a function that counts the queries of one response. A first request records the use of the key."""
    load_lines(build_lines(1, 2))
    account, user = Account.objects.get(name="acme"), User.objects.create_user("somebody")
    Reveal.objects.create(user=user, account=account, model="x", row=1, reference="x", reason="x")
    Export.unscoped.create(id=EXPORT_ID, account=account, user=user, format="csv", total=0, limit=1)
    ExportEnd.objects.create(export_id=EXPORT_ID, rows=0, bytes=0, sha256="x", is_whole=True)

    broadcast = Broadcast.unscoped.get()

    def count(path: str, params: dict[str, str]) -> int:
        path = path.replace("{broadcast}", str(broadcast.pk))
        owner.get(path, params)
        with CaptureQueriesContext(connection) as queries:
            assert owner.get(path, params).status_code == 200
        return len(queries)

    return count


@pytest.mark.parametrize("name", QUERIES)
def test_the_number_of_queries_does_not_depend_on_the_rows(count_queries: Callable[..., int], name: str) -> None:
    path, params, number = QUERIES[name]
    assert count_queries(path, params) == number
    load_lines(build_lines(2, 25))
    assert count_queries(path, params) == number


@pytest.mark.parametrize("name", LOADS)
def test_the_number_of_queries_of_a_load_does_not_depend_on_its_lines(writer: ApiClient, name: str) -> None:
    """ANALYZE is not counted, because it runs when tables have grown."""
    method, path, build_body, number = LOADS[name]
    numbers = []
    for count in (1, 2, 20):
        with CaptureQueriesContext(connection) as queries:
            assert (
                writer.request(method, path, build_body(count), content_type="application/x-ndjson").status_code == 200
            )
        numbers.append(sum(not query["sql"].startswith("ANALYZE") for query in queries.captured_queries))
    assert numbers[1:] == [number, number]  # the first load creates the staging tables


@pytest.mark.parametrize("filters", [{"status": "pending"}, {"sender": "MyApp"}, {"country": "US"}, {"phone": "1415"}])
def test_filters_need_no_further_queries(count_queries: Callable[..., int], filters: dict[str, str]) -> None:
    path = "/api/v1/sms/messages/unified"
    assert count_queries(path, ALL_DAYS | filters) == count_queries(path, ALL_DAYS)


def test_a_deep_page_reads_days_first_and_a_page_past_the_end_reads_no_rows(
    owner: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MAX_OFFSET_SCAN", 0)
    load_lines(build_lines(1, 9))
    owner.get("/api/v1/sms/messages", ALL_DAYS)  # records the use of the key
    reads_messages = []
    for page in ("2", "9"):
        with CaptureQueriesContext(connection) as queries:
            owner.get("/api/v1/sms/messages", ALL_DAYS | {"limit": "4", "page": page})
        reads_messages.append([Message._meta.db_table in query["sql"] for query in queries])
    assert reads_messages == [[False, False, False, True, True], [False, False, False]]


def test_an_export_runs_seven_queries_on_each_of_its_connections(
    count_queries: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They begin the snapshot, take a slot, set parameters, read the total, limit the time, and end."""
    connections: list[Any] = []
    copy = type(connection.copy()).copy

    def copy_with_debug_cursor(self: Any, alias: str | None = None) -> Any:
        connections.append(copy(self, alias))
        connections[-1].force_debug_cursor = True
        return connections[-1]

    monkeypatch.setattr(type(connection.copy()), "copy", copy_with_debug_cursor)
    count_queries("/api/v1/sms/messages/unified/export", ALL_DAYS)
    assert [len(opened.queries) for opened in connections] == [7, 7]


def test_every_endpoint_has_its_number_of_queries() -> None:
    names = {str(pattern.name) for pattern in build_urlpatterns()}
    assert set(QUERIES | LOADS) == {name for name in names if not name.endswith("-unknown")}
