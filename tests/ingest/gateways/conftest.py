"""Helpers that call the callback endpoint and read the stored message."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

import pytest

from messages_app.models import Message
from smsreports.accounts.models import Scope
from smsreports.ingest.models import Event
from tests.conftest import CLIENT, NOON, create_api_client, load_lines, message_line

FORM = "application/x-www-form-urlencoded"
Call = Mapping[str, str]


class Caller:
    """Gateway that calls with a key of the account acme in the URL."""

    def __init__(self, slug: str) -> None:
        self.address = f"/api/v1/gateways/{slug}"
        self.key = create_api_client("acme", Scope.WRITE).key

    def get(self, call: Call, **params: str) -> Any:
        return CLIENT.get(self.address, {"key": self.key, **params, **call})

    def post(self, call: Call, **params: str) -> Any:
        query = urlencode({"key": self.key, **params})
        return CLIENT.post(f"{self.address}?{query}", urlencode(call), content_type=FORM)


def stored_message() -> dict[str, Any]:
    """Return the status fields of the message m-1."""
    names = "status", "status_code", "sent_at", "delivered_at"
    fields: dict[str, Any] = Message.unscoped.values(*names).get(client_message_id="m-1")
    return fields


def stored_receipts() -> Iterable[tuple[Any, ...]]:
    """Return the stored events, without their times."""
    return sorted(Event.unscoped.values_list("reference", "status", "status_code", "waits"))


def parse_error(answer: Any) -> tuple[int, str, str]:
    body = answer.json()
    assert body["status"] is False
    return answer.status_code, body["error_code"], body["description"]


@pytest.fixture
def sent(db: None) -> None:
    """Message m-1, with the id that its gateway reports."""
    load_lines(
        [message_line(client_message_id="m-1", message_id="16fd2706-8baf-433b-82eb-8c7fada847da", created_at=NOON)]
    )
