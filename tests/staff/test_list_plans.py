"""Query plans of admin lists over many rows: each uses an index and reads few more rows than it shows."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from broadcasts_app.models import Broadcast
from messages_app.models import Message
from smsreports.accounts.models import Account
from smsreports.queries.source_query import SourceQuery
from smsreports.sms.phone_numbers import PartOfNumber
from smsreports.sources import get_source_of
from tests.conftest import DAY, broadcast_line, load_lines
from tests.query_plans import explain_nodes

# Messages, sends and receipts of each of two accounts: enough for PostgreSQL to plan as for large tables.
ROWS = 20_000
# Rows that one statement may read: a page, the keys before it within its day, or a whole search.
MAX_ROWS_READ = 3_000
TABLES = {"messages_app_message", "broadcasts_app_broadcastsend", "ingest_event"}
MESSAGES = reverse("admin:messages_app_message_changelist")
SENDS = reverse("admin:broadcasts_app_broadcastsend_changelist")
EVENTS = reverse("admin:ingest_event_changelist")

COMMON = "'+' || 14150000000 + n * 7919, 'S' || n % 7, 'x', CASE WHEN n % 90 = 0 THEN 'UNKNOWN' ELSE 'DELIVRD' END"
INSERT_ROWS = f"""
    INSERT INTO messages_app_message (account_id, client_message_id, request_key, heads_request, message_id, country,
        recipient, sender_id, text, status, status_code, segments, cost, created_at, status_at)
    SELECT a.id, 'n-' || n, 'n-' || n, true, 'c-' || n, CASE WHEN n % 50 = 0 THEN 'DE' ELSE 'US' END,
        {COMMON}, '', 1, 0.01, at, at
    FROM accounts_account a, generate_series(1, {ROWS}) n, LATERAL (
        SELECT '{DAY}T12:00:00Z'::timestamptz - n * interval '2 minutes' AS at) t;
    INSERT INTO broadcasts_app_broadcastsend (account_id, broadcast_id, message_id, country,
        recipient, sender_id, text, status, status_code, segments, cost, sent_at, status_at)
    SELECT b.account_id, b.id, b.key || n, 'US', {COMMON}, '', 1, 0.01, at, at
    FROM broadcasts_app_broadcast b, generate_series(1, {ROWS}) n, LATERAL (
        SELECT '{DAY}T12:00:00Z'::timestamptz - n * interval '2 minutes' AS at) t;
    INSERT INTO ingest_event (account_id, kind, reference_kind, reference, status, status_code, action_type, at, waits)
    SELECT account_id, 'receipt', 'client_message_id', client_message_id, 'DELIVRD', '', '', created_at, false
    FROM messages_app_message;
"""


@pytest.fixture(scope="module", autouse=True)
def traffic(committed: None) -> None:
    load_lines(broadcast_line(account=account) for account in ("acme", "globex"))
    with connection.cursor() as cursor:
        cursor.execute(INSERT_ROWS)
    call_command("squash_counters", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(
            f"VACUUM ANALYZE {', '.join(TABLES)}, broadcasts_app_broadcast, counters_counter, accounts_account"
        )


def explain_queries(browser: Client, path: str) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return the queries of a page with the nodes of their plans."""
    with CaptureQueriesContext(connection) as queries:
        answer = browser.get(path)
    assert answer.status_code == 200
    assert "Nothing is listed." not in answer.content.decode()
    return [(sql, list(explain_nodes(sql))) for sql in traffic_queries(queries)]


def traffic_queries(queries: CaptureQueriesContext) -> Iterator[str]:
    for query in queries:
        if query["sql"].startswith("SELECT") and any(table in query["sql"] for table in (*TABLES, "counters_counter")):
            yield query["sql"]


PATHS = [
    MESSAGES,
    f"{MESSAGES}?p=100",
    f"{MESSAGES}?account=acme",
    f"{MESSAGES}?account=acme&p=500",
    f"{MESSAGES}?account=acme&status=unknown",
    f"{MESSAGES}?account=acme&sender=S3",
    f"{MESSAGES}?account=acme&country=DE&p=3",
    f"{MESSAGES}?account=acme&from=2026-02-01&to=2026-02-03",
    f"{MESSAGES}?account=acme&status=unknown&sender=S3&country=US&from=2026-02-01",
    f"{MESSAGES}?q=n-77",
    f"{MESSAGES}?q=c-77",
    f"{MESSAGES}?q=%2B14150007919",
    f"{MESSAGES}?q=5000791",
    f"{MESSAGES}?account=acme&q=14150007919",
    SENDS,
    f"{SENDS}?account=globex&status=delivered",
    f"{SENDS}?q=promo77",
    f"{SENDS}?q=14150007919",
    f"{EVENTS}?q=n-77",
    f"{EVENTS}?q=n-77&account=acme",
]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.split("/admin/")[1])
def test_a_page_uses_indexes(staff: Client, path: str) -> None:
    for sql, plan in explain_queries(staff, path):
        scanned = {node["Relation Name"] for node in plan if node["Node Type"] == "Seq Scan"}
        assert not scanned & TABLES, sql
        assert max(rows_read(node) for node in plan if "Scan" in node["Node Type"]) <= MAX_ROWS_READ, sql
        assert all(node["Actual Rows"] <= MAX_ROWS_READ for node in plan if node["Node Type"] == "Sort"), sql


def test_the_sends_of_a_broadcast_use_its_index(staff: Client) -> None:
    for key in Broadcast.unscoped.values_list("pk", flat=True):
        for path in (f"{SENDS}?broadcast={key}", f"{SENDS}?broadcast={key}&p=90"):
            for sql, plan in explain_queries(staff, path):
                assert not {node["Relation Name"] for node in plan if node["Node Type"] == "Seq Scan"} & TABLES, sql
                assert "Sort" not in {node["Node Type"] for node in plan if node.get("Actual Rows", 0) > 100}, sql


def test_receipts_are_counted_and_paged_up_to_a_displayed_limit(staff: Client) -> None:
    page = staff.get(EVENTS, {"p": "400"}).content.decode()
    assert "More than 10000 events." in page
    assert "Pages end after 10000: narrow it to see the others." in page
    assert staff.get(EVENTS, {"p": "401"}).status_code == 400
    for sql, plan in explain_queries(staff, f"{EVENTS}?p=400"):
        assert all(rows_read(node) <= 10_001 for node in plan if "Scan" in node["Node Type"]), sql


def test_the_list_of_all_accounts_ends_at_a_displayed_limit(staff: Client) -> None:
    page = staff.get(MESSAGES, {"p": "400"}).content.decode()
    assert f"{2 * ROWS} messages." in page
    assert "Pages end after 10000" in page
    of_account = staff.get(MESSAGES, {"account": "acme", "p": str(ROWS // 25)}).content.decode()
    assert f"{ROWS} messages." in of_account
    assert "Pages end after" not in of_account


def test_part_of_a_number_is_counted_exactly_and_paged_up_to_a_limit(staff: Client) -> None:
    params = {"account": "acme", "phone": "14"}
    page = staff.get(MESSAGES, params | {"p": "400"}).content.decode()
    assert f"{ROWS} messages." in page
    assert "More than" not in page
    assert "Pages end after 10000" in page
    assert staff.get(MESSAGES, params | {"p": "401"}).status_code == 400


@pytest.mark.parametrize("part", [PartOfNumber(beginning="+1415000791"), PartOfNumber(digits="5000791")])
def test_a_part_of_a_number_is_found_in_an_index(db: None, part: PartOfNumber) -> None:
    account = Account.objects.get(name="acme")
    source_query = SourceQuery(get_source_of(Message).sms, {"account": account.pk, "phone": part})
    with CaptureQueriesContext(connection) as queries:
        source_query.count_rows().fetch_all()
    [query] = queries
    plan = list(explain_nodes(query["sql"]))
    assert "message_by_part_of_number" in {node.get("Index Name") for node in plan}
    assert all(rows_read(node) <= MAX_ROWS_READ for node in plan)


def test_a_search_ends_at_a_displayed_limit(staff: Client) -> None:
    page = staff.get(MESSAGES, {"q": "1415"}).content.decode()
    assert "More than 1000 messages." in page
    assert "Pages end after 1000" in page


def rows_read(node: dict[str, Any]) -> int:
    """Return the number of rows that a node read, including those that it filtered out."""
    removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return int((node["Actual Rows"] + removed) * node["Actual Loops"])
