"""Messages built without the loader, so that tests can try rows that it would never write."""

from datetime import UTC, datetime
from typing import Any

from messages_app.models import Message
from smsreports.accounts.models import Account

NOON = datetime(2026, 2, 13, 12, tzinfo=UTC)


def build_message(account: Account, key: str = "m-1", **changes: Any) -> Message:
    """Build an unsaved message that is the first of its request."""
    values: dict[str, Any] = {
        "account": account,
        "client_message_id": key,
        "request_key": key,
        "heads_request": True,
        "recipient": "+14155551234",
        "country": "US",
        "sender_id": "MyApp",
        "text": "Hello",
        "status": "pending",
        "segments": 1,
        "cost": "0.0085",
        "created_at": NOON,
        "status_at": NOON,
    }
    return Message(**(values | changes))


def create_request(account: Account, key: str, others: int) -> Message:
    """Save a request with this many other messages, of two segments each, and return its first message."""
    first = build_message(account, key)
    first.save()
    Message.unscoped.bulk_create(
        build_message(account, f"{key}-{number}", request_key=key, heads_request=False, segments=2)
        for number in range(others)
    )
    return first
