"""Merge of staged receipts, clicks and actions into events, and staging of their reports on the SMS of each source."""

from django.db.backends.utils import CursorWrapper

from smsreports.ingest.loaders import LoaderSet
from smsreports.records.staging import EVENTS, REPORT_COLUMNS, REPORTS_TABLE
from smsreports.sms.statuses import SUBMITTED

EVENT_COLUMNS = ", ".join(["account_id", *EVENTS.columns])
EVENT_COLUMNS_OF_E = ", ".join(f"e.{column}" for column in ["account_id", *EVENTS.columns])
REFERENCE_COLUMNS = "account_id, reference_kind, reference"


def match_waiting_events(cursor: CursorWrapper, loaders: LoaderSet) -> None:
    """Stage the events that waited for rows of this batch, and mark them as no longer waiting.

    Receipts that did not wait are staged too if a row of this batch takes a reference that several SMS may have, such
    as the carrier's id: such a receipt then belongs to one more SMS.
    """
    for table in loaders.sms_tables:
        kind = "true" if table.has_responses else "e.kind = 'receipt'"
        for column in table.references:
            cursor.execute(f"""
                WITH matched AS (
                    UPDATE ingest_event e SET waits = false FROM {table.stage.name} s
                    WHERE {_build_reference_match(column)} AND e.waits AND {kind} RETURNING {EVENT_COLUMNS_OF_E}
                )
                INSERT INTO stage_arrival SELECT * FROM matched
            """)
    for table in loaders.sms_tables:
        for column in table.references:
            if column not in loaders.shared_references:
                continue
            cursor.execute(f"""
                INSERT INTO stage_arrival SELECT {EVENT_COLUMNS_OF_E}
                FROM ingest_event e JOIN {table.stage.name} s ON {_build_reference_match(column)}
                WHERE e.kind = 'receipt' AND NOT e.waits AND (s.is_new OR s.got_reference)
            """)


def _build_reference_match(column: str) -> str:
    return f"e.account_id = s.account_id AND e.reference_kind = '{column}' AND e.reference = s.{column}"


def find_referenced_rows(cursor: CursorWrapper, loaders: LoaderSet) -> None:
    """Stage the rows that the events of this batch, and earlier ones that were matched, refer to."""
    lookups = " UNION ALL ".join(
        f"SELECT e.*, '{table.table}', t.id FROM event_references e JOIN {table.table} t"
        f" ON t.account_id = e.account_id AND t.{column} = e.reference AND e.reference_kind = '{column}'"
        for table in loaders.sms_tables
        for column in table.references
    )
    cursor.execute(f"""
        WITH event_references AS (
            SELECT {REFERENCE_COLUMNS} FROM {EVENTS.name} UNION SELECT {REFERENCE_COLUMNS} FROM stage_arrival
        )
        INSERT INTO stage_reached {lookups}
    """)


def merge_events(cursor: CursorWrapper, loaders: LoaderSet) -> int:
    """Store each event once and count its repetitions; return the number of new ones.

    A receipt waits if it refers to no row. A click or an action waits if it refers to none that takes responses.
    """
    accepted = _upsert_events(
        cursor,
        loaders,
        "NOT is_replay",
        times="count(*)",
        repeated_at="CASE WHEN count(*) > 1 THEN statement_timestamp() END",
        on_conflict="DO UPDATE SET times_received = e.times_received + excluded.times_received,"
        " repeated_at = statement_timestamp()",
    )
    # Events of the record of an SMS were not received as events of their own.
    _upsert_events(cursor, loaders, "is_replay", times="0", repeated_at="NULL::timestamptz", on_conflict="DO NOTHING")
    return accepted


def _upsert_events(
    cursor: CursorWrapper, loaders: LoaderSet, condition: str, *, times: str, repeated_at: str, on_conflict: str
) -> int:
    """Insert or update the staged events; stage the new ones as arrivals and return their number.

    The statement recognizes a new row by xmax = 0: it has never been locked or updated.
    """
    responding = " OR ".join(f"target = '{table.table}'" for table in loaders.sms_tables if table.has_responses)
    cursor.execute(f"""
        WITH distinct_events AS (
            SELECT {EVENT_COLUMNS}, {times} AS times, {repeated_at} AS repeated_at, min(n) AS n
            FROM {EVENTS.name} WHERE {condition} GROUP BY {EVENT_COLUMNS}
        ), reached AS (
            SELECT {REFERENCE_COLUMNS}, bool_or({responding or "false"}) AS has_responses
            FROM stage_reached GROUP BY {REFERENCE_COLUMNS}
        ), upserted AS (
            INSERT INTO ingest_event AS e ({EVENT_COLUMNS}, times_received, repeated_at, waits)
            SELECT {EVENT_COLUMNS}, times, repeated_at,
                   CASE kind WHEN 'receipt' THEN has_responses IS NULL ELSE has_responses IS NOT TRUE END
            FROM distinct_events LEFT JOIN reached USING ({REFERENCE_COLUMNS}) ORDER BY n
            ON CONFLICT ({EVENT_COLUMNS}) {on_conflict} RETURNING {EVENT_COLUMNS_OF_E}, e.xmax = 0 AS is_new
        )
        INSERT INTO stage_arrival SELECT {EVENT_COLUMNS} FROM upserted WHERE is_new
    """)
    return int(cursor.rowcount)


def stage_reports_of_events(cursor: CursorWrapper) -> None:
    """Stage reports from receipts, and responses from clicks and actions."""
    submitted = ", ".join(f"'{status}'" for status in SUBMITTED)
    cursor.execute(f"""
        INSERT INTO {REPORTS_TABLE} ({", ".join(REPORT_COLUMNS)})
        SELECT r.target, r.row_id, a.status, a.status_code, a.at,
               CASE WHEN a.status IN ({submitted}) THEN a.at END,
               CASE WHEN a.status = 'DELIVRD' THEN a.at END
        FROM stage_arrival a JOIN stage_reached r USING ({REFERENCE_COLUMNS}) WHERE a.kind = 'receipt'
    """)
    # `apply_responses` leaves out those on the SMS of sources without responses.
    cursor.execute(f"""
        INSERT INTO stage_response
        SELECT r.target, r.row_id, CASE WHEN a.kind = 'click' THEN a.at END,
               CASE WHEN a.kind = 'action' THEN a.action_type END, CASE WHEN a.kind = 'action' THEN a.at END
        FROM stage_arrival a JOIN stage_reached r USING ({REFERENCE_COLUMNS}) WHERE a.kind <> 'receipt'
    """)
