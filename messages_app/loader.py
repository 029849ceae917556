"""Loader of messages. Each request has one head, its first message."""

from django.db.backends.utils import CursorWrapper

from messages_app.models import Message
from smsreports.records import field_types
from smsreports.records.field_parsers import COPY_NULL
from smsreports.records.loader import Loader
from smsreports.records.merge_steps import MergeResult, MergeStep
from smsreports.records.record_kinds import (
    FINAL_IF_DELIVERED,
    FieldSpec,
    Record,
    RecordKind,
    Values,
    build_sms_values,
    list_staged_columns,
    make_optional,
)
from smsreports.records.sms_table import SmsTable
from smsreports.records.staging import StagingTable
from smsreports.sms.statuses import PENDING

MESSAGE_FIELDS = {
    "client_message_id": FieldSpec(field_types.ID),
    "request_id": make_optional(field_types.ID, column="request_key"),
    "message_id": make_optional(field_types.ID),
    "recipient": FieldSpec(field_types.PHONE),
    "country": make_optional(field_types.COUNTRY),
    "sender_id": FieldSpec(field_types.SENDER),
    "message": FieldSpec(field_types.BODY, column="text"),
    "status": make_optional(field_types.STATUS, PENDING),
    "status_code": make_optional(field_types.CODE, ""),
    "segments": make_optional(field_types.SEGMENTS),
    "cost": make_optional(field_types.COST, "0"),
    "contact_group_id": make_optional(field_types.WORD),
    "created_at": FieldSpec(field_types.TIME),
    "sent_at": make_optional(field_types.TIME),
    "delivered_at": make_optional(field_types.TIME),
}
MESSAGES = SmsTable(
    StagingTable("stage_message", {**list_staged_columns(MESSAGE_FIELDS), "status_at": "timestamptz"}),
    Message._meta.db_table,
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
    references=("client_message_id", "message_id"),
    submitted_at="sent_at",
)
# Order of the messages of a request. Collation "C" makes it the same on each server.
REQUEST_ORDER = 'created_at, client_message_id COLLATE "C"'


def build_message_values(values: Values, record: Record) -> list[str]:
    if values["request_id"] == COPY_NULL:
        values["request_id"] = values["client_message_id"]
    return build_sms_values(values, record)


def merge_messages(cursor: CursorWrapper) -> MergeResult:
    return MESSAGES.merge(cursor, _insert_messages)


def _insert_messages(cursor: CursorWrapper) -> None:
    """Insert the new messages. The first of a request becomes its head, unless the request has one already."""
    cursor.execute(f"""
        WITH ranked AS (
            SELECT *, row_number() OVER (PARTITION BY account_id, request_key ORDER BY {REQUEST_ORDER}) AS rank
            FROM stage_message WHERE is_new
        ), inserted AS (
            INSERT INTO messages_app_message ({MESSAGES.inserted_columns}, heads_request)
            SELECT {MESSAGES.inserted_columns}, rank = 1 AND NOT EXISTS (
                SELECT FROM messages_app_message h
                WHERE h.account_id = ranked.account_id AND h.request_key = ranked.request_key AND h.heads_request
            )
            FROM ranked ORDER BY n
            RETURNING account_id, request_key, heads_request
        )
        INSERT INTO stage_follower SELECT DISTINCT account_id, request_key FROM inserted WHERE NOT heads_request
    """)
    _move_request_heads(cursor)


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


LOADER = Loader(
    kinds={"message": RecordKind(MESSAGE_FIELDS, MESSAGES.stage, build_message_values, FINAL_IF_DELIVERED)},
    sms=MESSAGES,
    steps=[MergeStep(merge_messages, frozenset([MESSAGES.stage.name]))],
    # Requests whose head may change.
    work_tables={
        "stage_follower": {"account_id": "bigint", "request_key": "text"},
        "stage_head": {"old_id": "bigint", "new_id": "bigint"},
    },
)
