"""Merge of staged receipts, clicks and actions into events, and staging of their reports on messages and sends."""

from django.db.backends.utils import CursorWrapper

from smsreports.ingest.merge.keyed_table import Rejections
from smsreports.ingest.staging import STAGING_TABLES
from smsreports.sms.statuses import SUBMITTED

EVENT_COLUMNS = ", ".join(["account_id", *STAGING_TABLES["stage_event"]])
EVENT_COLUMNS_OF_E = ", ".join(f"e.{column}" for column in ["account_id", *STAGING_TABLES["stage_event"]])
REFERENCE_COLUMNS = "account_id, reference_kind, reference"
MESSAGE_TABLE, SEND_TABLE = "messages_app_message", "broadcasts_app_broadcastsend"
# Possible targets of a reference: the target's name, its table, and the column, which is also the reference's kind.
REFERENCES = (
    ("message", MESSAGE_TABLE, "client_message_id"),
    ("message", MESSAGE_TABLE, "message_id"),
    ("send", SEND_TABLE, "message_id"),
)
# The same from the staging tables: the table, the column, and which events apply. Messages have receipts only.
STAGED_REFERENCES = (
    ("stage_message", "client_message_id", "e.kind = 'receipt'"),
    ("stage_message", "message_id", "e.kind = 'receipt'"),
    ("stage_send", "message_id", "true"),
)


def match_waiting_events(cursor: CursorWrapper) -> tuple[int, Rejections]:
    """Stage the events that waited for rows of this batch, and mark them as no longer waiting.

    Receipts that did not wait are staged too if a row of this batch takes their carrier's id: carriers' ids are not
    unique, so such a receipt then belongs to one more SMS.
    """
    for stage, column, kind in STAGED_REFERENCES:
        cursor.execute(f"""
            WITH matched AS (
                UPDATE ingest_event e SET waits = false FROM {stage} s
                WHERE {_build_reference_match(column)} AND e.waits AND {kind} RETURNING {EVENT_COLUMNS_OF_E}
            )
            INSERT INTO stage_arrival SELECT * FROM matched
        """)
    for stage in ("stage_message", "stage_send"):
        cursor.execute(f"""
            INSERT INTO stage_arrival SELECT {EVENT_COLUMNS_OF_E}
            FROM ingest_event e JOIN {stage} s ON {_build_reference_match("message_id")}
            WHERE e.kind = 'receipt' AND NOT e.waits AND (s.is_new OR s.got_carrier_id)
        """)
    return 0, []


def _build_reference_match(column: str) -> str:
    return f"e.account_id = s.account_id AND e.reference_kind = '{column}' AND e.reference = s.{column}"


def find_referenced_rows(cursor: CursorWrapper) -> tuple[int, Rejections]:
    """Stage the rows that the events of this batch, and earlier ones that were matched, refer to."""
    lookups = " UNION ALL ".join(
        f"SELECT e.*, '{target}', t.id FROM event_references e JOIN {table} t"
        f" ON t.account_id = e.account_id AND t.{column} = e.reference AND e.reference_kind = '{column}'"
        for target, table, column in REFERENCES
    )
    cursor.execute(f"""
        WITH event_references AS (
            SELECT {REFERENCE_COLUMNS} FROM stage_event UNION SELECT {REFERENCE_COLUMNS} FROM stage_arrival
        )
        INSERT INTO stage_reached {lookups}
    """)
    return 0, []


def merge_events(cursor: CursorWrapper) -> tuple[int, Rejections]:
    """Store each event once and count its repetitions. An event that refers to no row waits."""
    accepted = _upsert_events(
        cursor,
        "NOT is_replay",
        times="count(*)",
        repeated_at="CASE WHEN count(*) > 1 THEN statement_timestamp() END",
        on_conflict="DO UPDATE SET times_received = e.times_received + excluded.times_received,"
        " repeated_at = statement_timestamp()",
    )
    # Events of a send's record were not received as events of their own.
    _upsert_events(cursor, "is_replay", times="0", repeated_at="NULL::timestamptz", on_conflict="DO NOTHING")
    return accepted, []


def _upsert_events(cursor: CursorWrapper, condition: str, *, times: str, repeated_at: str, on_conflict: str) -> int:
    """Insert or update the staged events; stage the new ones as arrivals and return their number.

    The statement recognizes a new row by xmax = 0: it has never been locked or updated.
    """
    cursor.execute(f"""
        WITH distinct_events AS (
            SELECT {EVENT_COLUMNS}, {times} AS times, {repeated_at} AS repeated_at, min(n) AS n
            FROM stage_event WHERE {condition} GROUP BY {EVENT_COLUMNS}
        ), reached AS (
            SELECT {REFERENCE_COLUMNS}, bool_or(target = 'send') AS is_send
            FROM stage_reached GROUP BY {REFERENCE_COLUMNS}
        ), upserted AS (
            INSERT INTO ingest_event AS e ({EVENT_COLUMNS}, times_received, repeated_at, waits)
            SELECT {EVENT_COLUMNS}, times, repeated_at,
                   CASE kind WHEN 'receipt' THEN is_send IS NULL ELSE is_send IS NOT TRUE END
            FROM distinct_events LEFT JOIN reached USING ({REFERENCE_COLUMNS}) ORDER BY n
            ON CONFLICT ({EVENT_COLUMNS}) {on_conflict} RETURNING {EVENT_COLUMNS_OF_E}, e.xmax = 0 AS is_new
        )
        INSERT INTO stage_arrival SELECT {EVENT_COLUMNS} FROM upserted WHERE is_new
    """)
    return int(cursor.rowcount)


def stage_reports_of_events(cursor: CursorWrapper) -> tuple[int, Rejections]:
    """Stage reports from receipts, and responses from clicks and actions."""
    submitted = ", ".join(f"'{status}'" for status in SUBMITTED)
    cursor.execute(f"""
        INSERT INTO stage_report
        SELECT r.target, r.row_id, a.status, a.status_code, a.at,
               CASE WHEN a.status IN ({submitted}) THEN a.at END,
               CASE WHEN a.status = 'DELIVRD' THEN a.at END
        FROM stage_arrival a JOIN stage_reached r USING ({REFERENCE_COLUMNS}) WHERE a.kind = 'receipt'
    """)
    cursor.execute(f"""
        INSERT INTO stage_response
        SELECT r.row_id, CASE WHEN a.kind = 'click' THEN a.at END,
               CASE WHEN a.kind = 'action' THEN a.action_type END, CASE WHEN a.kind = 'action' THEN a.at END
        FROM stage_arrival a JOIN stage_reached r USING ({REFERENCE_COLUMNS})
        WHERE a.kind <> 'receipt' AND r.target = 'send'
    """)
    return 0, []
