"""Merge of staged messages. Each request has one head, its first message."""

from django.db.backends.utils import CursorWrapper

from smsreports.ingest.merge.keyed_table import KeyedTable, Rejections
from smsreports.ingest.staging import STAGING_TABLES

MESSAGES = KeyedTable(
    "stage_message",
    "messages_app_message",
    "client_message_id",
    {
        "request_key": "request_id",
        "recipient": "recipient",
        "country": "country",
        "sender_id": "sender_id",
        "text": "message",
        "segments": "segments",
        "cost": "cost",
        "contact_group_id": "contact_group_id",
        "created_at": "created_at",
    },
)
MESSAGE_COLUMNS = ", ".join(["account_id", *STAGING_TABLES["stage_message"]])
# Order of the messages of a request. Collation "C" makes it the same on each server.
REQUEST_ORDER = 'created_at, client_message_id COLLATE "C"'


def merge_messages(cursor: CursorWrapper) -> tuple[int, Rejections]:
    accepted = MESSAGES.mark_new_rows(cursor)
    _insert_messages(cursor)
    _move_request_heads(cursor)
    # The order matters: a line that is rejected anyway must not reject another one by its carrier's id.
    rejected = MESSAGES.reject_conflicts(cursor)
    rejected += _reject_other_carrier_ids(cursor)
    _stage_reports(cursor)
    return accepted, rejected


def _reject_other_carrier_ids(cursor: CursorWrapper) -> Rejections:
    """Delete and return staged rows that change a known carrier's id.

    The carrier's id may be added later, but not change. Within a batch the first line that has one counts.
    """
    cursor.execute(f"""
        WITH known AS (
            SELECT DISTINCT ON (account_id, client_message_id) account_id, client_message_id, message_id
            FROM (
                SELECT t.account_id, t.client_message_id, t.message_id, 0 AS n
                FROM messages_app_message t JOIN stage_message s ON {MESSAGES.key_match_sql} WHERE NOT s.is_new
                UNION ALL
                SELECT account_id, client_message_id, message_id, n FROM stage_message
                WHERE (account_id, client_message_id) IN (
                    SELECT account_id, client_message_id FROM stage_message WHERE NOT is_new
                )
            ) carrier_ids
            WHERE message_id IS NOT NULL ORDER BY account_id, client_message_id, n
        )
        DELETE FROM stage_message s USING known t WHERE {MESSAGES.key_match_sql} AND s.message_id <> t.message_id
        RETURNING s.line, 'conflicts with what is known: message_id', false
    """)
    rejected: Rejections = cursor.fetchall()
    return rejected


def _insert_messages(cursor: CursorWrapper) -> None:
    """Insert the new messages. The first of a request becomes its head, unless the request has one already."""
    cursor.execute(f"""
        WITH ranked AS (
            SELECT *, row_number() OVER (PARTITION BY account_id, request_key ORDER BY {REQUEST_ORDER}) AS rank
            FROM stage_message WHERE is_new
        ), inserted AS (
            INSERT INTO messages_app_message ({MESSAGE_COLUMNS}, heads_request)
            SELECT {MESSAGE_COLUMNS}, rank = 1 AND NOT EXISTS (
                SELECT FROM messages_app_message h
                WHERE h.account_id = ranked.account_id AND h.request_key = ranked.request_key AND h.heads_request
            )
            FROM ranked ORDER BY n
            RETURNING account_id, request_key, heads_request
        )
        INSERT INTO stage_follower SELECT DISTINCT account_id, request_key FROM inserted WHERE NOT heads_request
    """)


def _move_request_heads(cursor: CursorWrapper) -> None:
    """Make an earlier message that arrived later the head of its request.

    It takes two updates, since a request may never have two heads.
    """
    cursor.execute(f"""
        INSERT INTO stage_head
        SELECT h.id, f.id FROM stage_follower r
        JOIN messages_app_message h USING (account_id, request_key)
        CROSS JOIN LATERAL (
            SELECT id, created_at, client_message_id FROM messages_app_message
            WHERE account_id = r.account_id AND request_key = r.request_key AND NOT heads_request
            ORDER BY {REQUEST_ORDER} LIMIT 1
        ) f
        WHERE h.heads_request
          AND (f.created_at, f.client_message_id COLLATE "C") < (h.created_at, h.client_message_id COLLATE "C")
    """)
    if cursor.rowcount:
        for column, is_head in (("old_id", "false"), ("new_id", "true")):
            cursor.execute(f"""
                UPDATE messages_app_message SET heads_request = {is_head}
                FROM stage_head WHERE id = stage_head.{column}
            """)


def _stage_reports(cursor: CursorWrapper) -> None:
    """Stage the status and times of known messages as reports, as for a receipt, and set their carrier's ids."""
    cursor.execute(f"""
        INSERT INTO stage_report
        SELECT 'message', t.id, s.status, s.status_code, s.status_at, s.sent_at, s.delivered_at
        FROM stage_message s JOIN messages_app_message t ON {MESSAGES.key_match_sql} WHERE NOT s.is_new
    """)
    cursor.execute(f"""
        WITH updated AS (
            UPDATE messages_app_message t SET message_id = s.message_id FROM stage_message s
            WHERE {MESSAGES.key_match_sql} AND NOT s.is_new AND t.message_id IS NULL AND s.message_id IS NOT NULL
            RETURNING s.n
        )
        UPDATE stage_message s SET got_carrier_id = true FROM updated WHERE s.n = updated.n
    """)
