"""Columns of the unified list that the pages of messages show."""

from datetime import datetime
from decimal import Decimal
from typing import TypedDict


class MessageRecord(TypedDict):
    id: int
    source: str
    recipient: str
    sender_id: str
    text: str
    segments: int
    cost: Decimal
    status: str
    status_code: str | None
    sent_at: datetime
    delivered_at: datetime | None
    clicked_at: datetime | None
    action_at: datetime | None
    action_type: str | None
    client_message_id: str | None
    message_id: str | None
    broadcast_name: str | None
