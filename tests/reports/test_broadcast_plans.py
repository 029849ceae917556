"""The SMS of one broadcast among many: each list of them is read from an index, and so is its total."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from broadcasts_app.models import Broadcast
from tests.conftest import NOON, broadcast, load
from tests.plans import explained

# Broadcasts, and sends of each: so many that the database plans as for large tables.
BROADCASTS, SENDS = 40, 500
SENDS_TABLE = "broadcasts_app_broadcastsend"
MANY = f"""
    INSERT INTO {SENDS_TABLE} (account_id, broadcast_id, message_id, country, recipient, sender_id, text, status,
        status_code, segments, cost, sent_at, status_at, clicked_at, action_at, action_type)
    SELECT b.account_id, b.id, b.key || '-' || n, 'US', '+1415' || n, 'S', 'x',
        CASE WHEN n % 90 = 0 THEN 'UNKNOWN' ELSE 'DELIVRD' END, '', 1, 0.01, at, at,
        CASE WHEN n % 20 = 0 THEN at END, CASE WHEN n % 100 = 0 THEN at END, CASE WHEN n % 100 = 0 THEN 'order' END
    FROM broadcasts_app_broadcast b, generate_series(1, {SENDS}) n, LATERAL (
        SELECT '{NOON}'::timestamptz - n * interval '2 minutes' AS at) t;
"""
# What is asked of a broadcast, the index that has it, and how many SMS that are.
ASKED = {
    "": ("send_newest_of_broadcast", SENDS),
    "&event=sent&after=2026-02-13T11:00:00Z": ("send_newest_of_broadcast", 30),
    "&event=clicked": ("send_clicked_of_broadcast", SENDS // 20),
    "&event=action": ("send_acted_of_broadcast", SENDS // 100),
}


@pytest.fixture(scope="module", autouse=True)
def traffic(committed: None) -> None:
    load(broadcast(broadcast=f"b-{number}") for number in range(BROADCASTS))
    with connection.cursor() as cursor:
        cursor.execute(MANY)
    call_command("squash_counters", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM ANALYZE {SENDS_TABLE}, counters_counter")


@pytest.mark.parametrize("asked", ASKED)
def test_a_broadcasts_sms_are_read_from_its_index(staff: Client, asked: str) -> None:
    index, number = ASKED[asked]
    one = Broadcast.everyones.get(key="b-7").pk
    with CaptureQueriesContext(connection) as queries:
        page = staff.get(f"/reports/messages?account=acme&to=9999-12-31&broadcast={one}{asked}")
    assert page.context["pages"].total == number
    parts = [sql for query in queries for sql in query["sql"].split("; ") if f'FROM "{SENDS_TABLE}"' in sql]
    assert parts
    for sql in parts:
        plan = list(explained(sql))
        assert {node["Index Name"] for node in plan if "Index Name" in node} <= {index, "broadcasts_app_broadcast_pkey"}
        assert sum(node["Actual Rows"] for node in plan if node.get("Index Name") == index) <= number
        assert not {"Sort", "Seq Scan"} & {node["Node Type"] for node in plan if node["Actual Rows"] > BROADCASTS}
