"""Staged broadcasts and sends into theirs; a send whose broadcast is not known waits for it."""

from django.db.backends.utils import CursorWrapper

from smsreports.ingest.merge.keyed import Keyed, Refusals
from smsreports.ingest.staging import TABLES

BROADCASTS = Keyed(
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
SENDS = Keyed(
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
STAGED_SEND = ", ".join(TABLES["stage_send"])
# Clicks and actions are events, also those that a send's own record tells.
TOLD_BY_EVENTS = ("clicked_at", "action_type", "action_at")
SEND = ", ".join(
    "broadcast_id" if column == "broadcast_key" else column
    for column in TABLES["stage_send"]
    if column not in TOLD_BY_EVENTS
)


def merge_broadcasts(cursor: CursorWrapper) -> tuple[int, Refusals]:
    accepted = BROADCASTS.mark_fresh(cursor)
    columns = ", ".join(["account_id", *TABLES["stage_broadcast"]])
    cursor.execute(f"""
        INSERT INTO broadcasts_app_broadcast ({columns}) SELECT {columns} FROM stage_broadcast WHERE fresh ORDER BY n
    """)
    _release_sends(cursor)
    return accepted, BROADCASTS.refuse_conflicts(cursor)


def _release_sends(cursor: CursorWrapper) -> None:
    """Sends that waited for one of the new broadcasts are staged again, under the broadcast's line."""
    shown = ", ".join(f"p.{column}" for column in TABLES["stage_send"])
    cursor.execute(f"""
        WITH released AS (
            DELETE FROM ingest_waitingsend w USING stage_broadcast b
            WHERE b.fresh AND w.account_id = b.account_id AND w.broadcast_key = b.key
            RETURNING b.line, w.account_id, w.staged
        )
        INSERT INTO stage_send (line, account_id, {STAGED_SEND}, again)
        SELECT r.line, r.account_id, {shown}, true
        FROM released r CROSS JOIN LATERAL jsonb_populate_record(NULL::stage_send, r.staged) p
    """)


def merge_sends(cursor: CursorWrapper) -> tuple[int, Refusals]:
    _take_from_broadcast(cursor)
    accepted = _hold(cursor) + SENDS.mark_fresh(cursor)
    cursor.execute(f"""
        INSERT INTO broadcasts_app_broadcastsend (account_id, {SEND})
        SELECT account_id, {SEND} FROM stage_send WHERE fresh ORDER BY n
    """)
    refused = SENDS.refuse_conflicts(cursor)
    _report(cursor)
    return accepted, refused


def _take_from_broadcast(cursor: CursorWrapper) -> None:
    """What a send leaves out is its broadcast's."""
    cursor.execute("""
        UPDATE stage_send s SET
            broadcast_id = b.id,
            sender_id = coalesce(s.sender_id, b.sender_id),
            text = coalesce(s.text, b.text),
            segments = coalesce(s.segments, b.segments)
        FROM broadcasts_app_broadcast b WHERE b.account_id = s.account_id AND b.key = s.broadcast_key
    """)


def _hold(cursor: CursorWrapper) -> int:
    """Lets the sends wait whose broadcast is not known; returns how many were not waiting before."""
    cursor.execute("""
        WITH held AS (
            DELETE FROM stage_send WHERE broadcast_id IS NULL RETURNING *
        ), packed AS (
            SELECT account_id, broadcast_key, message_id,
                   to_jsonb(held) - '{line,n,fresh,named,again,broadcast_id}'::text[] AS staged
            FROM held
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


def _report(cursor: CursorWrapper) -> None:
    """A send that is known already reports its status, as a receipt would; clicks and actions become events."""
    cursor.execute(f"""
        INSERT INTO stage_report
        SELECT 'send', t.id, s.status, s.status_code, s.status_at, NULL, s.delivered_at
        FROM stage_send s JOIN broadcasts_app_broadcastsend t ON {SENDS.same} WHERE NOT s.fresh
    """)
    for kind, action_type, at in (("click", "''", "clicked_at"), ("action", "action_type", "action_at")):
        cursor.execute(f"""
            INSERT INTO stage_event
                (account_id, kind, reference_kind, reference, status, status_code, action_type, at, again)
            SELECT account_id, '{kind}', 'message_id', message_id, '', '', {action_type}, {at}, true
            FROM stage_send WHERE {at} IS NOT NULL
        """)
