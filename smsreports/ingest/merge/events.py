"""Staged receipts, clicks and actions into events, and from events to the rows that they speak of."""

from django.db.backends.utils import CursorWrapper

from smsreports.ingest.merge.keyed import Refusals
from smsreports.ingest.staging import TABLES
from smsreports.statuses import SUBMITTED

COLUMNS = ", ".join(["account_id", *TABLES["stage_event"]])
OF_EVENT = ", ".join(f"e.{column}" for column in ["account_id", *TABLES["stage_event"]])
REFERENCE = "account_id, reference_kind, reference"
MESSAGE, SEND = "messages_app_message", "broadcasts_app_broadcastsend"
# Where an event's reference may lead: the target's word, its table, the kind of reference, the column it names.
WAYS = (
    ("message", MESSAGE, "client_message_id"),
    ("message", MESSAGE, "message_id"),
    ("send", SEND, "message_id"),
)
# The same seen from the rows that just came in: of messages, receipts alone are told.
STAGED = (
    ("stage_message", "client_message_id", "e.kind = 'receipt'"),
    ("stage_message", "message_id", "e.kind = 'receipt'"),
    ("stage_send", "message_id", "true"),
)


def find_earlier(cursor: CursorWrapper) -> tuple[int, Refusals]:
    """Events that waited for the rows of this batch, and wait no more.

    Also receipts that did not wait: the carrier's id that they name is known as another SMS's, and now as one more's.
    """
    for stage, column, kind in STAGED:
        cursor.execute(f"""
            WITH found AS (
                UPDATE ingest_event e SET waits = false FROM {stage} s
                WHERE {_names(column)} AND e.waits AND {kind} RETURNING {OF_EVENT}
            )
            INSERT INTO stage_arrival SELECT * FROM found
        """)
    for stage in ("stage_message", "stage_send"):
        cursor.execute(f"""
            INSERT INTO stage_arrival SELECT {OF_EVENT} FROM ingest_event e JOIN {stage} s ON {_names("message_id")}
            WHERE e.kind = 'receipt' AND NOT e.waits AND (s.fresh OR s.named)
        """)
    return 0, []


def _names(column: str) -> str:
    return f"e.account_id = s.account_id AND e.reference_kind = '{column}' AND e.reference = s.{column}"


def find_rows(cursor: CursorWrapper) -> tuple[int, Refusals]:
    """The rows that events lead to, those of this batch and earlier ones."""
    ways = " UNION ALL ".join(
        f"SELECT n.*, '{target}', t.id FROM named n JOIN {table} t"
        f" ON t.account_id = n.account_id AND t.{column} = n.reference AND n.reference_kind = '{column}'"
        for target, table, column in WAYS
    )
    cursor.execute(f"""
        WITH named AS (SELECT {REFERENCE} FROM stage_event UNION SELECT {REFERENCE} FROM stage_arrival)
        INSERT INTO stage_reached {ways}
    """)
    return 0, []


def merge_events(cursor: CursorWrapper) -> tuple[int, Refusals]:
    """Keeps each event once, and how often it came; it waits where it leads to no row."""
    accepted = _keep(
        cursor,
        "NOT again",
        times="count(*)",
        repeated_at="CASE WHEN count(*) > 1 THEN statement_timestamp() END",
        known="DO UPDATE SET times_received = e.times_received + excluded.times_received,"
        " repeated_at = statement_timestamp()",
    )
    # What a send's record tells has not come by itself.
    _keep(cursor, "again", times="0", repeated_at="NULL::timestamptz", known="DO NOTHING")
    return accepted, []


def _keep(cursor: CursorWrapper, which: str, *, times: str, repeated_at: str, known: str) -> int:
    """A row that is new has never been locked or replaced: its xmax is 0."""
    cursor.execute(f"""
        WITH told AS (
            SELECT {COLUMNS}, {times} AS times, {repeated_at} AS repeated_at, min(n) AS n
            FROM stage_event WHERE {which} GROUP BY {COLUMNS}
        ), reached AS (
            SELECT {REFERENCE}, bool_or(target = 'send') AS a_send FROM stage_reached GROUP BY {REFERENCE}
        ), kept AS (
            INSERT INTO ingest_event AS e ({COLUMNS}, times_received, repeated_at, waits)
            SELECT {COLUMNS}, times, repeated_at,
                   CASE kind WHEN 'receipt' THEN a_send IS NULL ELSE a_send IS NOT TRUE END
            FROM told LEFT JOIN reached USING ({REFERENCE}) ORDER BY n
            ON CONFLICT ({COLUMNS}) {known} RETURNING {OF_EVENT}, e.xmax = 0 AS fresh
        )
        INSERT INTO stage_arrival SELECT {COLUMNS} FROM kept WHERE fresh
    """)
    return int(cursor.rowcount)


def report_events(cursor: CursorWrapper) -> tuple[int, Refusals]:
    """What the rows are told: by receipts, reports; by clicks and actions, responses."""
    submitted = ", ".join(f"'{status}'" for status in SUBMITTED)
    cursor.execute(f"""
        INSERT INTO stage_report
        SELECT r.target, r.row_id, a.status, a.status_code, a.at,
               CASE WHEN a.status IN ({submitted}) THEN a.at END,
               CASE WHEN a.status = 'DELIVRD' THEN a.at END
        FROM stage_arrival a JOIN stage_reached r USING ({REFERENCE}) WHERE a.kind = 'receipt'
    """)
    cursor.execute(f"""
        INSERT INTO stage_response
        SELECT r.row_id, CASE WHEN a.kind = 'click' THEN a.at END,
               CASE WHEN a.kind = 'action' THEN a.action_type END, CASE WHEN a.kind = 'action' THEN a.at END
        FROM stage_arrival a JOIN stage_reached r USING ({REFERENCE})
        WHERE a.kind <> 'receipt' AND r.target = 'send'
    """)
    return 0, []
