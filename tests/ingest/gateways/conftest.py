"""Callbacks at the real address, and what a message is afterwards."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

import pytest

from messages_app.models import Message
from smsreports.accounts.models import Scope
from smsreports.ingest.models import Event
from tests.conftest import CLIENT, NOON, load, message, person

FORM = "application/x-www-form-urlencoded"
Call = Mapping[str, str]


class Caller:
    """A gateway with a key of acme, which it sends as that gateway can."""

    def __init__(self, slug: str) -> None:
        self.address = f"/api/v1/gateways/{slug}"
        self.key = person("acme", Scope.WRITE).key

    def get(self, call: Call, **more: str) -> Any:
        return CLIENT.get(self.address, {"key": self.key, **more, **call})

    def post(self, call: Call, **more: str) -> Any:
        query = urlencode({"key": self.key, **more})
        return CLIENT.post(f"{self.address}?{query}", urlencode(call), content_type=FORM)


def stored() -> dict[str, Any]:
    """What the message m-1 says now."""
    names = "status", "status_code", "sent_at", "delivered_at"
    found: dict[str, Any] = Message.everyones.values(*names).get(client_message_id="m-1")
    return found


def kept() -> Iterable[tuple[Any, ...]]:
    """What was reported, without the times at which it arrived."""
    return sorted(Event.everyones.values_list("reference", "status", "status_code", "waits"))


def refused(answer: Any) -> tuple[int, str, str]:
    body = answer.json()
    assert body["status"] is False
    return answer.status_code, body["error_code"], body["description"]


@pytest.fixture
def sent(db: None) -> None:
    """A message that went out through a gateway which calls it c-1."""
    load([message(client_message_id="m-1", message_id="16fd2706-8baf-433b-82eb-8c7fada847da", created_at=NOON)])
