"""Rows in 23 Telecom's format."""

from collections.abc import Iterable, Mapping
from typing import Any

from smsreports.dialects.base import Row

# The vendor's keys of our columns, where the names differ.
RENAMED = {"text": "message", "key": "broadcast"}


def name_key(column: str) -> str:
    return RENAMED.get(column, column)


def name_keys(columns: Iterable[str]) -> Mapping[str, str]:
    """Return our column names by the vendor's keys, in the same order."""
    return {name_key(name): name for name in columns}


UNIFIED = name_keys(
    (
        "id",
        "source",
        "recipient",
        "sender_id",
        "text",
        "status",
        "status_code",
        "cost",
        "sent_at",
        "delivered_at",
        "clicked",
        "clicked_at",
        "action_type",
        "action_at",
        "message_id",
        "client_message_id",
        "segments",
        "broadcast_id",
        "broadcast_name",
    )
)
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


def render_unified_row(row: Row) -> dict[str, Any]:
    """Render a row of the unified list, whose id is a string."""
    return rename_keys(UNIFIED, row) | {"id": str(row["id"])}


def render_status(row: Row) -> dict[str, Any]:
    return {"status": True, "message": rename_keys(STATUS, row)}


def render_ingest_result(row: Row) -> dict[str, Any]:
    rejected = [{"line": line["line"], "error": line["error"]} for line in row["rejected"]]
    return {"status": True, "accepted": row["accepted"], "duplicates": row["duplicates"], "rejected": rejected}


def rename_keys(keys: Mapping[str, str], row: Row) -> dict[str, Any]:
    return {theirs: row[ours] for theirs, ours in keys.items()}
