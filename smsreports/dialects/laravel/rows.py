"""Rows in Ersaal's format. An item is a request or a broadcast with its receipts."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from smsreports.dialects.base import Row
from smsreports.sms.statuses import StatusGroup

# Status of a receipt by our status.
RECEIPT_STATUSES = {
    "pending": "pending",
    "sent": "sent",
    "ENROUTE": "sent",
    "ACCEPTD": "sent",
    "DELIVRD": "delivered",
    "EXPIRED": "expired",
    "REJECTD": "rejected",
    "UNDELIV": "failed",
    "DELETED": "failed",
    "UNKNOWN": "failed",
    "failed": "failed",
}
# The summary's three counters, by status group.
SUMMARY_COUNTERS = {
    StatusGroup.DELIVERED: "delivered",
    StatusGroup.UNDELIVERED: "failed",
    StatusGroup.EXPIRED: "failed",
    StatusGroup.UNKNOWN: "failed",
    StatusGroup.PENDING: "pending",
}


def render_item(row: Row) -> dict[str, Any]:
    return {
        "short_message": row["text"],
        "message_type": "sms",
        "send_type": "multiple" if row["is_broadcast"] or row["receiver_total"] > 1 else "single",
        "contact_group_id": row["contact_group_id"],
        "message_consumption": row["segments"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "receiver": [_render_receipt(receiver) for receiver in row["receivers"]],
        "receiver_total": row["receiver_total"],
    }


def render_single_item(row: Row) -> list[dict[str, Any]]:
    """Render one item as an array of length 1, without the item's own times."""
    item = render_item(row)
    del item["created_at"], item["updated_at"]
    return [item]


def _render_receipt(row: Row) -> dict[str, Any]:
    return {
        "number": "00" + row["recipient"].removeprefix("+"),
        "sent_at": row["sent_at"],
        "delivered_at": row["delivered_at"],
        "status": RECEIPT_STATUSES[row["status"]],
        "delivery_report": row["status_code"] or None,
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }


def render_summary(figures: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Render the summary from measures by status group.

    Only status groups of SMS are summed: broadcasts have a counter of their own, without a status group.
    """
    totals, cost = {"delivered": 0, "failed": 0, "pending": 0}, Decimal(0)
    for group, counter in SUMMARY_COUNTERS.items():
        if group in figures:
            totals[counter] += figures[group]["sms"]
            cost += figures[group]["cost"]
    return {"total_cost": cost, "total_messages": sum(totals.values()), **totals}
