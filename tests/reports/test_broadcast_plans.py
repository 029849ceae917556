"""Query plans of the SMS of one broadcast among many: lists and totals are read from an index."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from broadcasts_app.models import Broadcast
from tests.conftest import NOON, broadcast_line, load_lines
from tests.query_plans import explain_nodes

# Broadcasts, and sends of each. The planner treats tables of this size as large.
BROADCASTS, SENDS = 40, 500
SENDS_TABLE = "broadcasts_app_broadcastsend"
INSERT_SENDS = f"""
    INSERT INTO {SENDS_TABLE} (account_id, broadcast_id, message_id, country, recipient, sender_id, text, status,
        status_code, segments, cost, sent_at, status_at, clicked_at, action_at, action_type)
    SELECT b.account_id, b.id, b.key || '-' || n, 'US', '+1415' || n, 'S', 'x',
        CASE WHEN n % 90 = 0 THEN 'UNKNOWN' ELSE 'DELIVRD' END, '', 1, 0.01, at, at,
        CASE WHEN n % 20 = 0 THEN at END, CASE WHEN n % 100 = 0 THEN at END, CASE WHEN n % 100 = 0 THEN 'order' END
    FROM broadcasts_app_broadcast b, generate_series(1, {SENDS}) n, LATERAL (
        SELECT '{NOON}'::timestamptz - n * interval '2 minutes' AS at) t;
"""
# Index and number of SMS by event filter.
EXPECTED_PLANS = {
    "": ("send_newest_of_broadcast", SENDS),
    "&event=sent&after=2026-02-13T11:00:00Z": ("send_newest_of_broadcast", 30),
    "&event=clicked": ("send_clicked_of_broadcast", SENDS // 20),
    "&event=action": ("send_acted_of_broadcast", SENDS // 100),
}


@pytest.fixture(scope="module", autouse=True)
def traffic(committed: None) -> None:
    load_lines(broadcast_line(broadcast=f"b-{number}") for number in range(BROADCASTS))
    with connection.cursor() as cursor:
        cursor.execute(INSERT_SENDS)
    call_command("squash_counters", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM ANALYZE {SENDS_TABLE}, counters_counter")


@pytest.mark.parametrize("event_filter", EXPECTED_PLANS)
def test_the_sms_of_a_broadcast_are_read_from_its_index(staff: Client, event_filter: str) -> None:
    index, row_count = EXPECTED_PLANS[event_filter]
    broadcast_id = Broadcast.unscoped.get(key="b-7").pk
    with CaptureQueriesContext(connection) as queries:
        page = staff.get(f"/reports/messages?account=acme&to=9999-12-31&broadcast={broadcast_id}{event_filter}")
    assert page.context["pages"].total == row_count
    statements = [sql for query in queries for sql in query["sql"].split("; ") if f'FROM "{SENDS_TABLE}"' in sql]
    assert statements
    for sql in statements:
        plan = list(explain_nodes(sql))
        assert {node["Index Name"] for node in plan if "Index Name" in node} <= {index, "broadcasts_app_broadcast_pkey"}
        assert sum(node["Actual Rows"] for node in plan if node.get("Index Name") == index) <= row_count
        assert not {"Sort", "Seq Scan"} & {node["Node Type"] for node in plan if node["Actual Rows"] > BROADCASTS}
