"""Rows to the bodies of responses and to cells of CSV files."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Any

from tests.oracle.rows import SUBMITTED, Row

Body = dict[str, Any]
ERSAAL_STATUSES = {
    "pending": "pending",
    **dict.fromkeys(SUBMITTED, "sent"),
    "DELIVRD": "delivered",
    "EXPIRED": "expired",
    "REJECTD": "rejected",
    **dict.fromkeys(("UNDELIV", "DELETED", "UNKNOWN", "failed"), "failed"),
}
# fmt: off
UNIFIED_KEYS = (
    "id", "source", "recipient", "sender_id", "message", "status", "status_code", "cost", "sent_at",
    "delivered_at", "clicked", "clicked_at", "action_type", "action_at", "message_id", "client_message_id",
    "segments", "broadcast_id", "broadcast_name",
)
# fmt: on


def message_body(row: Row) -> Body:
    return {
        "id": row.id,
        "client_message_id": row.key,
        "recipient": row.recipient,
        "sender_id": row.sender_id,
        "message": row.message,
        "status": row.winner.status,
        "status_code": row.winner.code,
        "segments": row.segments,
        "cost": row.cost,
        "created_at": format_time(row.created_at),
        "delivered_at": format_time(row.winner.delivered_at),
    }


def unified_body(row: Row) -> Body:
    broadcast = row.broadcast
    values = {
        **message_body(row),
        "id": str(row.id),
        "source": row.source,
        "sent_at": format_time(row.created_at),
        "clicked": row.clicked_at is not None,
        "clicked_at": format_time(row.clicked_at),
        "action_type": row.action_type,
        "action_at": format_time(row.action_at),
        "message_id": row.message_id,
        "client_message_id": None if broadcast else row.key,
        "broadcast_id": broadcast and broadcast.id,
        "broadcast_name": broadcast and broadcast.name,
    }
    return {key: values[key] for key in UNIFIED_KEYS}


def receipt_body(row: Row) -> Body:
    return {
        # Every generated recipient is a phone number.
        "number": "00" + row.recipient.removeprefix("+"),
        "sent_at": format_time(row.sent_at),
        "delivered_at": format_time(row.winner.delivered_at),
        "status": ERSAAL_STATUSES[row.winner.status],
        "delivery_report": row.winner.code or None,
        "created_at": format_time(row.created_at),
        "updated_at": format_time(row.updated_at),
    }


def format_time(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def csv_cell(value: Any, guard: bool) -> str:
    """Format a value for CSV; `guard` disarms text that a spreadsheet would run as a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format_money(value)
    text = str(value)
    runs = text[:1] in ("=", "+", "-", "@", "\t", "\r") and not re.fullmatch(r"\+[0-9]+", text)
    return "'" + text if guard and runs else text


def format_money(amount: Decimal) -> str:
    """Format an amount without exponent and without trailing zeros."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
