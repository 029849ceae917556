"""Broadcasts and sends built without the loader, so that tests can try rows that it would never write."""

from datetime import UTC, datetime
from typing import Any

from broadcasts_app.models import Broadcast, BroadcastSend
from smsreports.accounts.models import Account

NOON = datetime(2026, 2, 13, 12, tzinfo=UTC)


def build_broadcast(account: Account, key: str = "promo", **changes: Any) -> Broadcast:
    """Build an unsaved broadcast."""
    values: dict[str, Any] = {
        "account": account,
        "key": key,
        "name": f"The {key}",
        "text": "50% off today!",
        "segments": 1,
        "sender_id": "Promo",
        "created_at": NOON,
    }
    return Broadcast(**(values | changes))


def build_send(parent: Broadcast, key: str = "s-1", **changes: Any) -> BroadcastSend:
    """Build an unsaved send of a saved broadcast."""
    values: dict[str, Any] = {
        "account": parent.account,
        "broadcast": parent,
        "message_id": key,
        "recipient": "+447911123456",
        "country": "GB",
        "sender_id": parent.sender_id,
        "text": parent.text,
        "status": "pending",
        "segments": parent.segments,
        "cost": "0.0325",
        "sent_at": NOON,
        "status_at": NOON,
    }
    return BroadcastSend(**(values | changes))


def create_broadcast(account: Account, key: str, sends: int) -> Broadcast:
    """Save a broadcast with this many sends, of two segments each."""
    saved = build_broadcast(account, key)
    saved.save()
    BroadcastSend.unscoped.bulk_create(build_send(saved, f"{key}-{number}", segments=2) for number in range(sends))
    return saved
