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
    """Keeps each event once, and how often it came; it waits until `settle_events` finds its row."""
    accepted = _keep(
        cursor,
        "NOT again",
        times="count(*)",
        repeated_at="CASE WHEN count(*) > 1 THEN statement_timestamp() END",
        known="DO UPDATE SET times_received = e.times_received + excluded.times_received,"
        " repeated_at = statement_timestamp()",
    )
    # What a send's record tells has not come by itself.
    _keep(cursor, "again", times="0", repeated_at="NULL", known="DO NOTHING")
    return accepted, []


def _keep(cursor: CursorWrapper, which: str, *, times: str, repeated_at: str, known: str) -> int:
    """A row that is new has never been locked or replaced: its xmax is 0."""
    cursor.execute(f"""
        WITH kept AS (
            INSERT INTO ingest_event AS e ({COLUMNS}, times_received, repeated_at, waits)
            SELECT {COLUMNS}, {times}, {repeated_at}, true FROM stage_event WHERE {which}
            GROUP BY {COLUMNS} ORDER BY min(n)
            ON CONFLICT ({COLUMNS}) {known} RETURNING id, xmax = 0 AS fresh
        )
        INSERT INTO stage_arrival SELECT id FROM kept WHERE fresh
    """)
    return int(cursor.rowcount)


def find_earlier(cursor: CursorWrapper) -> tuple[int, Refusals]:
    """Events that came before the rows of this batch join those that came with it.

    They wait; or they are receipts of a carrier's id under which another SMS is known, and now one more.
    """
    for stage, column in STAGED:
        _find(cursor, stage, column, "e.waits")
    for stage in ("stage_message", "stage_send"):
        _find(cursor, stage, "message_id", "NOT e.waits AND e.kind = 'receipt' AND (s.fresh OR s.named)")
    return 0, []


def _find(cursor: CursorWrapper, stage: str, column: str, which: str) -> None:
    cursor.execute(f"""
        INSERT INTO stage_arrival
        SELECT e.id FROM ingest_event e JOIN {stage} s
        ON e.account_id = s.account_id AND e.reference_kind = '{column}' AND e.reference = s.{column}
        WHERE {which}
    """)


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
