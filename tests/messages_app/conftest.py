"""Rows of messages, made by hand: what the loader would never write can be tried too."""

from datetime import UTC, datetime
from typing import Any

from messages_app.models import Message
from smsreports.accounts.models import Account

NOON = datetime(2026, 2, 13, 12, tzinfo=UTC)


def message(account: Account, key: str = "m-1", **changes: Any) -> Message:
    """A message that heads a request of its own, not saved."""
    row: dict[str, Any] = {
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
    return Message(**(row | changes))


def request(account: Account, key: str, followers: int) -> Message:
    """The head of a saved request with so many more messages, of two parts each."""
    head = message(account, key)
    head.save()
    Message.everyones.bulk_create(
        message(account, f"{key}-{number}", request_key=key, heads_request=False, segments=2)
        for number in range(followers)
    )
    return head
