"""Rows in Ersaal's format. An item is a request or a broadcast with its receipts."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal, TypedDict

from smsreports.counters.queries import GroupFigures
from smsreports.openapi.schemas import COUNT, TEXT, array_of, enum_of, nullable, object_of, reference_to
from smsreports.openapi.type_schemas import WithSchema, build_key_schemas
from smsreports.queries.rows import ItemRow
from smsreports.sms.phone_numbers import is_canonical
from smsreports.sms.statuses import StatusGroup
from smsreports.sources import MAX_RECEIVERS, ReceiverRow

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


class Receipt(TypedDict):
    number: Annotated[str, WithSchema({"type": "string", "pattern": "^00[0-9]{1,15}$"})]
    sent_at: datetime | None
    delivered_at: datetime | None
    status: Annotated[str, WithSchema(enum_of(dict.fromkeys(RECEIPT_STATUSES.values())))]
    delivery_report: Annotated[str | None, WithSchema(nullable(TEXT) | {"description": "The carrier's status code."})]
    created_at: datetime
    updated_at: datetime


class Item(TypedDict):
    short_message: str
    message_type: Literal["sms"]
    send_type: Literal["single", "multiple"]
    contact_group_id: str | None
    message_consumption: int
    created_at: datetime
    updated_at: datetime
    receiver: Annotated[list[Receipt], WithSchema(array_of(reference_to("Receipt"), MAX_RECEIVERS))]
    receiver_total: Annotated[int, WithSchema(COUNT | {"description": f"`receiver` holds the first {MAX_RECEIVERS}."})]


# A single item has no times of its own.
ITEM_TIMES = ("created_at", "updated_at")
SINGLE = {name: schema for name, schema in build_key_schemas(Item).items() if name not in ITEM_TIMES}
SINGLE_ANSWER = array_of(object_of(SINGLE), 1) | {"minItems": 1}


class Summary(TypedDict):
    total_cost: Decimal
    total_messages: int
    delivered: int
    failed: int
    pending: int


def render_item(row: ItemRow) -> Item:
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


def render_single_item(row: ItemRow) -> list[dict[str, object]]:
    """Render one item as an array of length 1, without the item's own times."""
    return [{name: value for name, value in render_item(row).items() if name not in ITEM_TIMES}]


def _render_receipt(row: ReceiverRow) -> Receipt:
    return {
        "number": _render_number(row["recipient"]),
        "sent_at": row["sent_at"],
        "delivered_at": row["delivered_at"],
        "status": RECEIPT_STATUSES[row["status"]],
        "delivery_report": row["status_code"] or None,
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }


def _render_number(number: str) -> str:
    """Render a phone number with `00`; short codes and names as they are."""
    return f"00{number[1:]}" if is_canonical(number) else number


def render_summary(figures: GroupFigures) -> Summary:
    """Render the summary from measures by status group.

    Only status groups of SMS are summed: broadcasts have a counter of their own, without a status group.
    """
    totals, cost = {"delivered": 0, "failed": 0, "pending": 0}, Decimal(0)
    for group, counter in SUMMARY_COUNTERS.items():
        if group in figures:
            totals[counter] += figures[group]["sms"]
            cost += figures[group]["cost"]
    delivered, failed, pending = totals["delivered"], totals["failed"], totals["pending"]
    total = delivered + failed + pending
    return {
        "total_cost": cost,
        "total_messages": total,
        "delivered": delivered,
        "failed": failed,
        "pending": pending,
    }
