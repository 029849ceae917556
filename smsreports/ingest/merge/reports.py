"""Application of staged reports to messages and sends. The result does not depend on the order of arrival."""

from django.db.backends.utils import CursorWrapper

from smsreports.ingest.merge.keyed_table import Rejections
from smsreports.sms.statuses import build_rank_sql

# Each target's table and further assignments of its update. The sent_at of a send is constant.
TARGET_TABLES = {
    "message": ("messages_app_message", ", sent_at = least(t.sent_at, w.left_at)"),
    "send": ("broadcasts_app_broadcastsend", ""),
}


def apply_reports(cursor: CursorWrapper) -> tuple[int, Rejections]:
    """Set the status, code and times of each row to those of the best report, if it outranks the row's own.

    The sent_at of a message becomes the time of its earliest submitted report, even if that report does not win.
    """
    for target, (table, extra_columns) in TARGET_TABLES.items():
        cursor.execute(f"""
            UPDATE {table} t
            SET status = w.status, status_code = w.status_code, status_at = w.at,
                delivered_at = w.delivered_at{extra_columns}
            FROM (
                SELECT DISTINCT ON (row_id) *, min(sent_at) OVER (PARTITION BY row_id) AS left_at
                FROM stage_report r WHERE target = '{target}'
                ORDER BY row_id, {_build_rank_sql("r", "at")} DESC
            ) w
            WHERE t.id = w.row_id AND {_build_rank_sql("w", "at")} > {_build_rank_sql("t", "status_at")}
        """)
    cursor.execute("""
        UPDATE messages_app_message t SET sent_at = w.left_at
        FROM (
            SELECT row_id, min(sent_at) AS left_at FROM stage_report
            WHERE target = 'message' AND sent_at IS NOT NULL GROUP BY row_id
        ) w
        WHERE t.id = w.row_id AND (t.sent_at > w.left_at OR t.sent_at IS NULL)
    """)
    return 0, []


def _build_rank_sql(row: str, at: str) -> str:
    """Return the SQL by which reports are ranked; the greatest wins. The last two columns make the order total."""
    precedence, order = build_rank_sql(f"{row}.status")
    code = f'{row}.status_code COLLATE "C"'
    return f"ROW({precedence}, {row}.{at}, {order}, {code}, coalesce({row}.delivered_at, '-infinity'))"


def apply_responses(cursor: CursorWrapper) -> tuple[int, Rejections]:
    """Add clicks and actions to the counts of sends, and set the times to the earliest of each."""
    cursor.execute("""
        UPDATE broadcasts_app_broadcastsend t SET
            clicked_at = least(t.clicked_at, w.clicked_at),
            click_count = t.click_count + w.clicks,
            action_count = t.action_count + w.actions
        FROM (
            SELECT row_id, min(clicked_at) AS clicked_at, count(clicked_at) AS clicks, count(action_at) AS actions
            FROM stage_response GROUP BY row_id
        ) w
        WHERE t.id = w.row_id
    """)
    cursor.execute("""
        UPDATE broadcasts_app_broadcastsend t SET action_type = w.action_type, action_at = w.action_at
        FROM (
            SELECT DISTINCT ON (row_id) row_id, action_type, action_at FROM stage_response
            WHERE action_at IS NOT NULL ORDER BY row_id, action_at, action_type COLLATE "C"
        ) w
        WHERE t.id = w.row_id AND (
            t.action_at IS NULL
            OR (w.action_at, w.action_type COLLATE "C") < (t.action_at, t.action_type COLLATE "C")
        )
    """)
    return 0, []
