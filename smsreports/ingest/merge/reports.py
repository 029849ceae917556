"""Application of staged reports to the SMS of each source. The result does not depend on the order of arrival."""

from django.db.backends.utils import CursorWrapper

from smsreports.ingest.loaders import LoaderSet
from smsreports.records.staging import REPORTS_TABLE
from smsreports.sms.statuses import build_rank_sql


def apply_reports(cursor: CursorWrapper, loaders: LoaderSet) -> None:
    """Set the status, code and times of each row to those of the best report, if it outranks the row's own.

    The `submitted_at` of a table becomes the time of the earliest submitted report, even if that report does not win.
    """
    for table in loaders.sms_tables:
        column = table.submitted_at
        set_submitted_at = f", {column} = least(t.{column}, w.first_submitted_at)" if column else ""
        cursor.execute(f"""
            UPDATE {table.table} t
            SET status = w.status, status_code = w.status_code, status_at = w.at,
                delivered_at = w.delivered_at{set_submitted_at}
            FROM (
                SELECT DISTINCT ON (row_id) *, min(submitted_at) OVER (PARTITION BY row_id) AS first_submitted_at
                FROM {REPORTS_TABLE} r WHERE target = '{table.table}'
                ORDER BY row_id, {_build_rank_sql("r", "at")} DESC
            ) w
            WHERE t.id = w.row_id AND {_build_rank_sql("w", "at")} > {_build_rank_sql("t", "status_at")}
        """)
    for table in loaders.sms_tables:
        if column := table.submitted_at:
            cursor.execute(f"""
                UPDATE {table.table} t SET {column} = w.first_submitted_at
                FROM (
                    SELECT row_id, min(submitted_at) AS first_submitted_at FROM {REPORTS_TABLE}
                    WHERE target = '{table.table}' AND submitted_at IS NOT NULL GROUP BY row_id
                ) w
                WHERE t.id = w.row_id AND (t.{column} > w.first_submitted_at OR t.{column} IS NULL)
            """)


def _build_rank_sql(row: str, at: str) -> str:
    """Return the SQL by which reports are ranked; the greatest wins. The last two columns make the order total."""
    precedence, order = build_rank_sql(f"{row}.status")
    code = f'{row}.status_code COLLATE "C"'
    return f"ROW({precedence}, {row}.{at}, {order}, {code}, coalesce({row}.delivered_at, '-infinity'))"


def apply_responses(cursor: CursorWrapper, loaders: LoaderSet) -> None:
    """Add clicks and actions to the counts of SMS that take them, and set the times to the earliest of each."""
    for table in loaders.sms_tables:
        if not table.has_responses:
            continue
        cursor.execute(f"""
            UPDATE {table.table} t SET
                clicked_at = least(t.clicked_at, w.clicked_at),
                click_count = t.click_count + w.clicks,
                action_count = t.action_count + w.actions
            FROM (
                SELECT row_id, min(clicked_at) AS clicked_at, count(clicked_at) AS clicks, count(action_at) AS actions
                FROM stage_response WHERE target = '{table.table}' GROUP BY row_id
            ) w
            WHERE t.id = w.row_id
        """)
        cursor.execute(f"""
            UPDATE {table.table} t SET action_type = w.action_type, action_at = w.action_at
            FROM (
                SELECT DISTINCT ON (row_id) row_id, action_type, action_at FROM stage_response
                WHERE target = '{table.table}' AND action_at IS NOT NULL
                ORDER BY row_id, action_at, action_type COLLATE "C"
            ) w
            WHERE t.id = w.row_id AND (
                t.action_at IS NULL
                OR (w.action_at, w.action_type COLLATE "C") < (t.action_at, t.action_type COLLATE "C")
            )
        """)
