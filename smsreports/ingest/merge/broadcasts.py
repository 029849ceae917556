"""Merge of staged broadcasts and sends. A send whose broadcast is not known waits for it."""

from django.db.backends.utils import CursorWrapper

from smsreports.ingest.merge.keyed_table import KeyedTable, Rejections
from smsreports.ingest.staging import STAGING_TABLES

BROADCASTS = KeyedTable(
    "stage_broadcast",
    "broadcasts_app_broadcast",
    "key",
    {
        "name": "name",
        "text": "message",
        "sender_id": "sender_id",
        "contact_group_id": "contact_group_id",
        "created_at": "created_at",
    },
)
SENDS = KeyedTable(
    "stage_send",
    "broadcasts_app_broadcastsend",
    "message_id",
    {
        "broadcast_id": "broadcast",
        "recipient": "recipient",
        "country": "country",
        "sender_id": "sender_id",
        "text": "message",
        "segments": "segments",
        "cost": "cost",
        "sent_at": "sent_at",
    },
)
STAGED_SEND_COLUMNS = ", ".join(STAGING_TABLES["stage_send"])
# Clicks and actions are stored as events, including those of a send's own record.
REACTION_COLUMNS = ("clicked_at", "action_type", "action_at")
SEND_COLUMNS = ", ".join(
    "broadcast_id" if column == "broadcast_key" else column
    for column in STAGING_TABLES["stage_send"]
    if column not in REACTION_COLUMNS
)


def merge_broadcasts(cursor: CursorWrapper) -> tuple[int, Rejections]:
    accepted = BROADCASTS.mark_new_rows(cursor)
    columns = ", ".join(["account_id", *STAGING_TABLES["stage_broadcast"]])
    cursor.execute(f"""
        INSERT INTO broadcasts_app_broadcast ({columns}) SELECT {columns} FROM stage_broadcast WHERE is_new ORDER BY n
    """)
    _unpark_sends(cursor)
    return accepted, BROADCASTS.reject_conflicts(cursor)


def _unpark_sends(cursor: CursorWrapper) -> None:
    """Stage the sends that waited for one of the new broadcasts, with the broadcast's line."""
    unpacked_columns = ", ".join(f"p.{column}" for column in STAGING_TABLES["stage_send"])
    cursor.execute(f"""
        WITH released AS (
            DELETE FROM ingest_waitingsend w USING stage_broadcast b
            WHERE b.is_new AND w.account_id = b.account_id AND w.broadcast_key = b.key
            RETURNING b.line, w.account_id, w.staged
        )
        INSERT INTO stage_send (line, account_id, {STAGED_SEND_COLUMNS}, is_replay)
        SELECT r.line, r.account_id, {unpacked_columns}, true
        FROM released r CROSS JOIN LATERAL jsonb_populate_record(NULL::stage_send, r.staged) p
    """)


def merge_sends(cursor: CursorWrapper) -> tuple[int, Rejections]:
    _fill_from_broadcast(cursor)
    accepted = _park_sends(cursor) + SENDS.mark_new_rows(cursor)
    cursor.execute(f"""
        INSERT INTO broadcasts_app_broadcastsend (account_id, {SEND_COLUMNS})
        SELECT account_id, {SEND_COLUMNS} FROM stage_send WHERE is_new ORDER BY n
    """)
    rejected = SENDS.reject_conflicts(cursor)
    _stage_reports(cursor)
    return accepted, rejected


def _fill_from_broadcast(cursor: CursorWrapper) -> None:
    """Set the broadcast's id, and fill values that a send leaves out from its broadcast."""
    cursor.execute("""
        UPDATE stage_send s SET
            broadcast_id = b.id,
            sender_id = coalesce(s.sender_id, b.sender_id),
            text = coalesce(s.text, b.text),
            segments = coalesce(s.segments, b.segments)
        FROM broadcasts_app_broadcast b WHERE b.account_id = s.account_id AND b.key = s.broadcast_key
    """)


def _park_sends(cursor: CursorWrapper) -> int:
    """Park the sends whose broadcast is not known; return how many were not parked before."""
    cursor.execute("""
        WITH removed AS (
            DELETE FROM stage_send WHERE broadcast_id IS NULL RETURNING *
        ), packed AS (
            SELECT account_id, broadcast_key, message_id,
                   to_jsonb(removed) - '{line,n,is_new,got_carrier_id,is_replay,broadcast_id}'::text[] AS staged
            FROM removed
        ), kept AS (
            INSERT INTO ingest_waitingsend (account_id, broadcast_key, message_id, staged, digest)
            SELECT account_id, broadcast_key, message_id, staged, md5(staged::text) FROM packed
            ON CONFLICT DO NOTHING
        )
        SELECT count(DISTINCT (account_id, broadcast_key, message_id)) FROM packed p WHERE NOT EXISTS (
            SELECT FROM ingest_waitingsend w WHERE w.account_id = p.account_id
            AND w.broadcast_key = p.broadcast_key AND w.message_id = p.message_id
        )
    """)
    return int(cursor.fetchone()[0])


def _stage_reports(cursor: CursorWrapper) -> None:
    """Stage the status of known sends as reports, as for a receipt, and their clicks and actions as events."""
    cursor.execute(f"""
        INSERT INTO stage_report
        SELECT 'send', t.id, s.status, s.status_code, s.status_at, NULL, s.delivered_at
        FROM stage_send s JOIN broadcasts_app_broadcastsend t ON {SENDS.key_match_sql} WHERE NOT s.is_new
    """)
    for kind, action_type, at in (("click", "''", "clicked_at"), ("action", "action_type", "action_at")):
        cursor.execute(f"""
            INSERT INTO stage_event
                (account_id, kind, reference_kind, reference, status, status_code, action_type, at, is_replay)
            SELECT account_id, '{kind}', 'message_id', message_id, '', '', {action_type}, {at}, true
            FROM stage_send WHERE {at} IS NOT NULL
        """)
