"""How many queries each address costs: committed numbers, whatever the number of rows."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from messages_app.models import Message
from smsreports.accounts.models import Account, Reveal
from smsreports.audit.models import Export, ExportEnd
from smsreports.queries import listing
from smsreports.routing import build_urlpatterns
from tests.conftest import DAY, EVER, Person, broadcast, load, message, send

# A file that was taken.
TAKEN = UUID("6f1c2f0e-0000-4000-8000-000000000000")
WIDE = {"from": DAY, "to": DAY}
# By name in the URL map: what is asked, and how many queries it takes. Two of them are always the key with its
# account, and the count of the minute.
QUERIES: dict[str, tuple[str, dict[str, str], int]] = {
    "telecom23-api-list": ("/api/v1/sms/messages", EVER, 3),
    "telecom23-unified-list": ("/api/v1/sms/messages/unified", EVER, 3),
    "telecom23-export-export": ("/api/v1/sms/messages/unified/export", EVER, 3),
    "telecom23-receipt-retrieve": (f"/api/v1/sms/messages/unified/export/{TAKEN}/receipt", {}, 3),
    "telecom23-audit-list": ("/api/v1/audit", {}, 7),
    "telecom23-stats-total": ("/api/v1/sms/stats", WIDE, 3),
    "telecom23-stats-daily": ("/api/v1/sms/stats/daily", WIDE, 3),
    "telecom23-stats-by_country": ("/api/v1/sms/stats/by-country", WIDE, 3),
    "telecom23-status-retrieve": ("/api/v1/sms/status/m-1", {}, 4),
    "laravel-items-list": ("/api/sms/messages", EVER, 10),
    "laravel-items-retrieve": ("/api/sms/messages/m-1", {}, 6),
}


# The same of addresses that load: how it is asked, and what is sent.
LOADS: dict[str, tuple[str, str, Callable[[int], bytes], int]] = {
    "telecom23-ingest-create": ("POST", "/api/v1/ingest", lambda many: "\n".join(rows(1, many + 1)).encode(), 53),
    "telecom23-gateways-receive": (
        "GET", "/api/v1/gateways/kannel?client_message_id=m-1&type=1&at=1770984000", lambda many: b"", 22
    ),
}  # fmt: skip


def rows(first: int, last: int) -> Iterator[str]:
    """Requests of two messages each, and broadcasts of two sends."""
    for number in range(first, last):
        yield message(client_message_id=f"m-{number}", created_at=f"{DAY}T10:{number:02}:00Z")
        yield message(client_message_id=f"n-{number}", request_id=f"m-{number}", created_at=f"{DAY}T11:{number:02}:00Z")
        yield broadcast(broadcast=f"b-{number}", created_at=f"{DAY}T10:{number:02}:00Z")
        yield from (send(broadcast=f"b-{number}", message_id=f"s-{number}-{each}") for each in (1, 2))


@pytest.fixture
def count(owner: Person) -> Callable[..., int]:
    """The number of queries of one answer; the key's first use of the minute is noted before."""
    load(rows(1, 2))
    account, somebody = Account.objects.get(name="acme"), User.objects.create_user("somebody")
    Reveal.objects.create(user=somebody, account=account, model="x", row=1, reference="x", reason="x")
    Export.everyones.create(id=TAKEN, account=account, user=somebody, format="csv", total=0, limit=1)
    ExportEnd.objects.create(export_id=TAKEN, rows=0, bytes=0, sha256="x", is_whole=True)

    def counted(path: str, params: dict[str, str]) -> int:
        owner.get(path, params)
        with CaptureQueriesContext(connection) as queries:
            assert owner.get(path, params).status_code == 200
        return len(queries)

    return counted


@pytest.mark.parametrize("name", QUERIES)
def test_an_answer_costs_its_queries_however_many_rows_there_are(count: Callable[..., int], name: str) -> None:
    path, params, number = QUERIES[name]
    assert count(path, params) == number
    load(rows(2, 25))
    assert count(path, params) == number


@pytest.mark.parametrize("name", LOADS)
def test_a_load_costs_its_queries_however_many_rows_it_brings(writer: Person, name: str) -> None:
    """But for ANALYZE, which comes when tables have grown."""
    method, address, body, number = LOADS[name]
    numbers = []
    for many in (1, 2, 20):
        with CaptureQueriesContext(connection) as queries:
            assert writer.ask(method, address, body(many), content_type="application/x-ndjson").status_code == 200
        numbers.append(sum(not query["sql"].startswith("ANALYZE") for query in queries.captured_queries))
    assert numbers[1:] == [number, number]  # the first makes the staging tables


@pytest.mark.parametrize("filters", [{"status": "pending"}, {"sender": "MyApp"}, {"country": "US"}, {"phone": "1415"}])
def test_the_other_filters_cost_nothing_more(count: Callable[..., int], filters: dict[str, str]) -> None:
    path = "/api/v1/sms/messages/unified"
    assert count(path, EVER | filters) == count(path, EVER)


def test_a_deep_page_costs_its_days_and_one_past_the_end_reads_no_rows(
    owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MAX_OFFSET_SCAN", 0)
    load(rows(1, 9))
    owner.get("/api/v1/sms/messages", EVER)  # the key's first use of the minute is noted
    read = []
    for page in ("2", "9"):
        with CaptureQueriesContext(connection) as queries:
            owner.get("/api/v1/sms/messages", EVER | {"limit": "4", "page": page})
        read.append([Message._meta.db_table in query["sql"] for query in queries])
    assert read == [[False, False, False, True, True], [False, False, False]]


def test_a_file_costs_its_snapshot_place_settings_total_time_and_its_end(
    count: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Any] = []
    copy = type(connection.copy()).copy

    def watched(self: Any, alias: str | None = None) -> Any:
        opened.append(copy(self, alias))
        opened[-1].force_debug_cursor = True
        return opened[-1]

    monkeypatch.setattr(type(connection.copy()), "copy", watched)
    count("/api/v1/sms/messages/unified/export", EVER)
    assert [len(each.queries) for each in opened] == [7, 7]


def test_every_address_has_its_number() -> None:
    names = {str(pattern.name) for pattern in build_urlpatterns()}
    assert set(QUERIES | LOADS) == {name for name in names if not name.endswith("-unknown")}
