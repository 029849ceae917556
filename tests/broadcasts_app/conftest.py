"""Rows of broadcasts and sends, made by hand: what the loader would never write can be tried too."""

from datetime import UTC, datetime
from typing import Any

from broadcasts_app.models import Broadcast, BroadcastSend
from smsreports.accounts.models import Account

NOON = datetime(2026, 2, 13, 12, tzinfo=UTC)


def broadcast(account: Account, key: str = "promo", **changes: Any) -> Broadcast:
    """A broadcast, not saved."""
    row: dict[str, Any] = {
        "account": account,
        "key": key,
        "name": f"The {key}",
        "text": "50% off today!",
        "segments": 1,
        "sender_id": "Promo",
        "created_at": NOON,
    }
    return Broadcast(**(row | changes))


def send(of: Broadcast, key: str = "s-1", **changes: Any) -> BroadcastSend:
    """A send of a saved broadcast, not saved."""
    row: dict[str, Any] = {
        "account": of.account,
        "broadcast": of,
        "message_id": key,
        "recipient": "+447911123456",
        "country": "GB",
        "sender_id": of.sender_id,
        "text": of.text,
        "status": "pending",
        "segments": of.segments,
        "cost": "0.0325",
        "sent_at": NOON,
        "status_at": NOON,
    }
    return BroadcastSend(**(row | changes))


def campaign(account: Account, key: str, sends: int) -> Broadcast:
    """A saved broadcast with so many sends, of two parts each."""
    made = broadcast(account, key)
    made.save()
    BroadcastSend.everyones.bulk_create(send(made, f"{key}-{number}", segments=2) for number in range(sends))
    return made
