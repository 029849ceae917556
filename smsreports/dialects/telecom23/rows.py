"""Rows in 23 Telecom's format."""

from collections.abc import Mapping
from typing import Any

from smsreports.dialects.base import Row

# The vendor's keys, in its order → our column names.
MESSAGE = {
    "id": "id",
    "client_message_id": "client_message_id",
    "recipient": "recipient",
    "sender_id": "sender_id",
    "message": "text",
    "status": "status",
    "status_code": "status_code",
    "segments": "segments",
    "cost": "cost",
    "created_at": "created_at",
    "delivered_at": "delivered_at",
}
UNIFIED = {
    "id": "id",
    "source": "source",
    "recipient": "recipient",
    "sender_id": "sender_id",
    "message": "text",
    "status": "status",
    "status_code": "status_code",
    "cost": "cost",
    "sent_at": "sent_at",
    "delivered_at": "delivered_at",
    "clicked": "clicked",
    "clicked_at": "clicked_at",
    "action_type": "action_type",
    "action_at": "action_at",
    "message_id": "message_id",
    "client_message_id": "client_message_id",
    "segments": "segments",
    "broadcast_id": "broadcast_id",
    "broadcast_name": "broadcast_name",
}
STATUS = {
    "message_id": "client_message_id",
    "telecom_message_id": "message_id",
    "recipient": "recipient",
    "segments": "segments",
    "message": "text",
    "sender_id": "sender_id",
    "status": "status",
    "status_code": "status_code",
    "cost": "cost",
    "created_at": "created_at",
    "delivered_at": "delivered_at",
    # Our extension: every delivery receipt and its verdict.
    "timeline": "timeline",
}


def render_message(row: Row) -> dict[str, Any]:
    return _rename_keys(MESSAGE, row)


def render_unified_row(row: Row) -> dict[str, Any]:
    """Render a row of the unified list, whose id is a string."""
    return _rename_keys(UNIFIED, row) | {"id": str(row["id"])}


def render_status(row: Row) -> dict[str, Any]:
    return {"status": True, "message": _rename_keys(STATUS, row)}


def render_ingest_result(row: Row) -> dict[str, Any]:
    rejected = [{"line": line["line"], "error": line["error"]} for line in row["rejected"]]
    return {"status": True, "accepted": row["accepted"], "duplicates": row["duplicates"], "rejected": rejected}


def _rename_keys(keys: Mapping[str, str], row: Row) -> dict[str, Any]:
    return {theirs: row[ours] for theirs, ours in keys.items()}
