"""Merge of staged broadcasts and sends. A send whose broadcast is not known waits for it.

The statements are raw SQL for the reasons in `smsreports.records.keyed_table`.
"""

from dataclasses import replace

from django.db.backends.utils import CursorWrapper

from broadcasts_app.models import Broadcast, BroadcastSend
from broadcasts_app.records import BROADCAST_KIND, SEND_KIND
from smsreports.records.keyed_table import KeyedTable
from smsreports.records.merge_steps import MergeResult
from smsreports.records.sms_table import RESPONSE_COLUMNS, SmsTable

BROADCASTS = KeyedTable(
    BROADCAST_KIND.stage,
    Broadcast._meta.db_table,
    "key",
    {
        "name": "name",
        "text": "message",
        "sender_id": "sender_id",
        "contact_group_id": "contact_group_id",
        "created_at": "created_at",
    },
)
SENDS = SmsTable(
    SEND_KIND.stage,
    BroadcastSend._meta.db_table,
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
    staged_only=frozenset({"broadcast_key", *RESPONSE_COLUMNS}),
    row_name="send",
    references=("message_id",),
    time="sent_at",
    has_responses=True,
)
STAGED_SEND_COLUMNS = ", ".join(SEND_KIND.stage.columns)


def merge_broadcasts(cursor: CursorWrapper) -> MergeResult:
    accepted = BROADCASTS.mark_new_rows(cursor)
    BROADCASTS.insert_new_rows(cursor)
    _unpark_sends(cursor)
    return MergeResult(accepted, BROADCASTS.reject_conflicts(cursor))


def _unpark_sends(cursor: CursorWrapper) -> None:
    """Stage the sends that waited for one of the new broadcasts, with the broadcast's line."""
    unpacked_columns = ", ".join(f"p.{column}" for column in SEND_KIND.stage.columns)
    cursor.execute(f"""
        WITH released AS (
            DELETE FROM broadcasts_app_waitingsend w USING stage_broadcast b
            WHERE b.is_new AND w.account_id = b.account_id AND w.broadcast_key = b.key
            RETURNING b.line, w.account_id, w.staged
        )
        INSERT INTO stage_send (line, account_id, {STAGED_SEND_COLUMNS}, is_replay)
        SELECT r.line, r.account_id, {unpacked_columns}, true
        FROM released r CROSS JOIN LATERAL jsonb_populate_record(NULL::stage_send, r.staged) p
    """)


def merge_sends(cursor: CursorWrapper) -> MergeResult:
    _fill_from_broadcast(cursor)
    parked = _park_sends(cursor)
    merged = SENDS.merge(cursor)
    return replace(merged, accepted=parked + merged.accepted)


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
                   to_jsonb(removed) - '{line,n,is_new,got_reference,is_replay,broadcast_id}'::text[] AS staged
            FROM removed
        ), kept AS (
            INSERT INTO broadcasts_app_waitingsend (account_id, broadcast_key, message_id, staged, digest)
            SELECT account_id, broadcast_key, message_id, staged, md5(staged::text) FROM packed
            ON CONFLICT DO NOTHING
        )
        SELECT count(DISTINCT (account_id, broadcast_key, message_id)) FROM packed p WHERE NOT EXISTS (
            SELECT FROM broadcasts_app_waitingsend w WHERE w.account_id = p.account_id
            AND w.broadcast_key = p.broadcast_key AND w.message_id = p.message_id
        )
    """)
    return int(cursor.fetchone()[0])
