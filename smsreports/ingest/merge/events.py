"""Staged receipts, clicks and actions into events, and from events to the rows that they speak of."""

from django.db.backends.utils import CursorWrapper

from smsreports.ingest.merge.keyed_table import Rejections
from smsreports.ingest.staging import STAGING_TABLES
from smsreports.sms.statuses import SUBMITTED

EVENT_COLUMNS = ", ".join(["account_id", *STAGING_TABLES["stage_event"]])
EVENT_COLUMNS_OF_E = ", ".join(f"e.{column}" for column in ["account_id", *STAGING_TABLES["stage_event"]])
REFERENCE_COLUMNS = "account_id, reference_kind, reference"
MESSAGE_TABLE, SEND_TABLE = "messages_app_message", "broadcasts_app_broadcastsend"
# Where an event's reference may lead: the target's word, its table, the kind of reference, the column it names.
REFERENCES = (
    ("message", MESSAGE_TABLE, "client_message_id"),
    ("message", MESSAGE_TABLE, "message_id"),
    ("send", SEND_TABLE, "message_id"),
)
# The same seen from the rows that just came in: of messages, receipts alone are told.
STAGED_REFERENCES = (
    ("stage_message", "client_message_id", "e.kind = 'receipt'"),
    ("stage_message", "message_id", "e.kind = 'receipt'"),
    ("stage_send", "message_id", "true"),
)


def match_waiting_events(cursor: CursorWrapper) -> tuple[int, Rejections]:
    """Events that waited for the rows of this batch, and wait no more.

    Also receipts that did not wait: the carrier's id that they name is known as another SMS's, and now as one more's.
    """
    for stage, column, kind in STAGED_REFERENCES:
        cursor.execute(f"""
            WITH found AS (
                UPDATE ingest_event e SET waits = false FROM {stage} s
                WHERE {_build_reference_match(column)} AND e.waits AND {kind} RETURNING {EVENT_COLUMNS_OF_E}
            )
            INSERT INTO stage_arrival SELECT * FROM found
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
    """The rows that events lead to, those of this batch and earlier ones."""
    lookups = " UNION ALL ".join(
        f"SELECT n.*, '{target}', t.id FROM named n JOIN {table} t"
        f" ON t.account_id = n.account_id AND t.{column} = n.reference AND n.reference_kind = '{column}'"
        for target, table, column in REFERENCES
    )
    cursor.execute(f"""
        WITH named AS (SELECT {REFERENCE_COLUMNS} FROM stage_event UNION SELECT {REFERENCE_COLUMNS} FROM stage_arrival)
        INSERT INTO stage_reached {lookups}
    """)
    return 0, []


def merge_events(cursor: CursorWrapper) -> tuple[int, Rejections]:
    """Keeps each event once, and how often it came; it waits where it leads to no row."""
    accepted = _upsert_events(
        cursor,
        "NOT is_replay",
        times="count(*)",
        repeated_at="CASE WHEN count(*) > 1 THEN statement_timestamp() END",
        on_conflict="DO UPDATE SET times_received = e.times_received + excluded.times_received,"
        " repeated_at = statement_timestamp()",
    )
    # What a send's record tells has not come by itself.
    _upsert_events(cursor, "is_replay", times="0", repeated_at="NULL::timestamptz", on_conflict="DO NOTHING")
    return accepted, []


def _upsert_events(cursor: CursorWrapper, condition: str, *, times: str, repeated_at: str, on_conflict: str) -> int:
    """A row that is new has never been locked or replaced: its xmax is 0."""
    cursor.execute(f"""
        WITH told AS (
            SELECT {EVENT_COLUMNS}, {times} AS times, {repeated_at} AS repeated_at, min(n) AS n
            FROM stage_event WHERE {condition} GROUP BY {EVENT_COLUMNS}
        ), reached AS (
            SELECT {REFERENCE_COLUMNS}, bool_or(target = 'send') AS a_send
            FROM stage_reached GROUP BY {REFERENCE_COLUMNS}
        ), kept AS (
            INSERT INTO ingest_event AS e ({EVENT_COLUMNS}, times_received, repeated_at, waits)
            SELECT {EVENT_COLUMNS}, times, repeated_at,
                   CASE kind WHEN 'receipt' THEN a_send IS NULL ELSE a_send IS NOT TRUE END
            FROM told LEFT JOIN reached USING ({REFERENCE_COLUMNS}) ORDER BY n
            ON CONFLICT ({EVENT_COLUMNS}) {on_conflict} RETURNING {EVENT_COLUMNS_OF_E}, e.xmax = 0 AS is_new
        )
        INSERT INTO stage_arrival SELECT {EVENT_COLUMNS} FROM kept WHERE is_new
    """)
    return int(cursor.rowcount)


def stage_reports_of_events(cursor: CursorWrapper) -> tuple[int, Rejections]:
    """What the rows are told: by receipts, reports; by clicks and actions, responses."""
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
