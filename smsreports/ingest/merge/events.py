"""Staged receipts, clicks and actions into events, and from events to the rows that they speak of."""

from django.db.backends.utils import CursorWrapper

from smsreports.ingest.merge.keyed import Refusals
from smsreports.ingest.staging import TABLES
from smsreports.statuses import SUBMITTED

COLUMNS = ", ".join(["account_id", *TABLES["stage_event"]])
MESSAGE, SEND = "messages_app_message", "broadcasts_app_broadcastsend"
# Where an event's reference may lead: the target's word, its table, the kind of reference, the column it names.
WAYS = (
    ("message", MESSAGE, "client_message_id"),
    ("message", MESSAGE, "message_id"),
    ("send", SEND, "message_id"),
)
# The same seen from the rows that just came in.
STAGED = (
    ("stage_message", "client_message_id"),
    ("stage_message", "message_id"),
    ("stage_send", "message_id"),
)


def merge_events(cursor: CursorWrapper) -> tuple[int, Refusals]:
    """Keeps each event once; it waits until `settle_events` finds its row."""
    accepted = _keep(cursor, "NOT again")
    _keep(cursor, "again")
    return accepted, []


def _keep(cursor: CursorWrapper, which: str) -> int:
    cursor.execute(f"""
        WITH kept AS (
            INSERT INTO ingest_event ({COLUMNS}, waits) SELECT {COLUMNS}, true FROM stage_event WHERE {which} ORDER BY n
            ON CONFLICT DO NOTHING RETURNING id
        )
        INSERT INTO stage_arrival SELECT id FROM kept
    """)
    return int(cursor.rowcount)


def find_waiting(cursor: CursorWrapper) -> tuple[int, Refusals]:
    """Events that came before the rows of this batch join those that came with it."""
    for stage, column in STAGED:
        cursor.execute(f"""
            INSERT INTO stage_arrival
            SELECT e.id FROM ingest_event e JOIN {stage} s
            ON e.account_id = s.account_id AND e.reference_kind = '{column}' AND e.reference = s.{column}
            WHERE e.waits
        """)
    return 0, []


def settle_events(cursor: CursorWrapper) -> tuple[int, Refusals]:
    """Turns events whose row is known into reports and responses, and ends their waiting."""
    for target, table, column in WAYS:
        receipts_only = "AND e.kind = 'receipt'" if target == "message" else ""
        cursor.execute(f"""
            INSERT INTO stage_reached
            SELECT DISTINCT e.id, '{target}', t.id FROM stage_arrival a JOIN ingest_event e ON e.id = a.event_id
            JOIN {table} t ON t.account_id = e.account_id AND t.{column} = e.reference
            WHERE e.reference_kind = '{column}' {receipts_only}
        """)
    _report(cursor)
    cursor.execute("UPDATE ingest_event e SET waits = false FROM stage_reached r WHERE e.id = r.event_id AND e.waits")
    return 0, []


def _report(cursor: CursorWrapper) -> None:
    submitted = ", ".join(f"'{status}'" for status in SUBMITTED)
    cursor.execute(f"""
        INSERT INTO stage_report
        SELECT r.target, r.row_id, e.status, e.status_code, e.at,
               CASE WHEN e.status IN ({submitted}) THEN e.at END,
               CASE WHEN e.status = 'DELIVRD' THEN e.at END
        FROM stage_reached r JOIN ingest_event e ON e.id = r.event_id WHERE e.kind = 'receipt'
    """)
    cursor.execute("""
        INSERT INTO stage_response
        SELECT r.row_id, CASE WHEN e.kind = 'click' THEN e.at END,
               CASE WHEN e.kind = 'action' THEN e.action_type END, CASE WHEN e.kind = 'action' THEN e.at END
        FROM stage_reached r JOIN ingest_event e ON e.id = r.event_id WHERE e.kind IN ('click', 'action')
    """)
