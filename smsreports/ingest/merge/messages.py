"""Staged messages into theirs, each request with one head."""

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
# Before another message of the same request, on any server and in any language.
REQUEST_ORDER = 'created_at, client_message_id COLLATE "C"'


def merge_messages(cursor: CursorWrapper) -> tuple[int, Rejections]:
    accepted = MESSAGES.mark_new_rows(cursor)
    _insert_messages(cursor)
    _move_request_heads(cursor)
    # In this order: a line that is refused anyway refuses no other one by the carrier's id that it brought.
    rejected = MESSAGES.reject_conflicts(cursor)
    rejected += _reject_other_carrier_ids(cursor)
    _stage_reports(cursor)
    return accepted, rejected


def _reject_other_carrier_ids(cursor: CursorWrapper) -> Rejections:
    """The carrier's id may come later, but not change: within this batch the first line's counts."""
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
            ) every
            WHERE message_id IS NOT NULL ORDER BY account_id, client_message_id, n
        )
        DELETE FROM stage_message s USING known t WHERE {MESSAGES.key_match_sql} AND s.message_id <> t.message_id
        RETURNING s.line, 'conflicts with what is known: message_id', false
    """)
    rejected: Rejections = cursor.fetchall()
    return rejected


def _insert_messages(cursor: CursorWrapper) -> None:
    """The first new message of a request heads it, unless the request has a head already."""
    cursor.execute(f"""
        WITH placed AS (
            SELECT *, row_number() OVER (PARTITION BY account_id, request_key ORDER BY {REQUEST_ORDER}) AS place
            FROM stage_message WHERE is_new
        ), inserted AS (
            INSERT INTO messages_app_message ({MESSAGE_COLUMNS}, heads_request)
            SELECT {MESSAGE_COLUMNS}, place = 1 AND NOT EXISTS (
                SELECT FROM messages_app_message h
                WHERE h.account_id = placed.account_id AND h.request_key = placed.request_key AND h.heads_request
            )
            FROM placed ORDER BY n
            RETURNING account_id, request_key, heads_request
        )
        INSERT INTO stage_follower SELECT DISTINCT account_id, request_key FROM inserted WHERE NOT heads_request
    """)


def _move_request_heads(cursor: CursorWrapper) -> None:
    """A follower that came later may be the earlier message. Two updates, since a request never has two heads."""
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
        for which, heads in (("old_id", "false"), ("new_id", "true")):
            cursor.execute(f"""
                UPDATE messages_app_message SET heads_request = {heads}
                FROM stage_head WHERE id = stage_head.{which}
            """)


def _stage_reports(cursor: CursorWrapper) -> None:
    """A message that is known already reports its status and times, as a receipt would, and its carrier's id."""
    cursor.execute(f"""
        INSERT INTO stage_report
        SELECT 'message', t.id, s.status, s.status_code, s.status_at, s.sent_at, s.delivered_at
        FROM stage_message s JOIN messages_app_message t ON {MESSAGES.key_match_sql} WHERE NOT s.is_new
    """)
    cursor.execute(f"""
        WITH named AS (
            UPDATE messages_app_message t SET message_id = s.message_id FROM stage_message s
            WHERE {MESSAGES.key_match_sql} AND NOT s.is_new AND t.message_id IS NULL AND s.message_id IS NOT NULL
            RETURNING s.n
        )
        UPDATE stage_message s SET got_carrier_id = true FROM named WHERE s.n = named.n
    """)
