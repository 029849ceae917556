"""Endpoint of a single message, found by its client_message_id, with its timeline of receipts."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from messages_app.models import Message
from messages_app.serializers import MessageSerializer
from smsreports.accounts.models import Account
from smsreports.api.viewsets import DialectViewSet
from smsreports.database.snapshot import read_snapshot
from smsreports.ingest.models import Event
from smsreports.ingest.querysets import Verdict
from smsreports.openapi.schemas import COUNT, DATETIME, TEXT, enum_of, object_of
from smsreports.openapi.spec import Header, ViewSpec
from smsreports.sms.statuses import NAMES

# A message has a handful of receipts. The limit stops a gateway that reports every second; headers give both numbers.
MAX_TIMELINE_RECEIPTS = 100
# `times_received` is left out: loading a file twice changes nothing that a client sees.
ENTRY_SCHEMAS = {
    "status": enum_of(NAMES),
    "status_code": TEXT,
    "at": DATETIME,
    "received_at": DATETIME,
    "verdict": enum_of(Verdict),
}
VIEW_SPEC = ViewSpec(
    headers={
        "X-Timeline-Limit": Header("Maximum number of receipts in the timeline. The latest ones are listed.", COUNT),
        "X-Timeline-Total": Header("Number of receipts of the message.", COUNT),
    },
    schemas={"TimelineEntry": object_of(ENTRY_SCHEMAS)},
)


class StatusViewSet(DialectViewSet):
    """View of a message and its timeline, both read in one snapshot."""

    spec: ClassVar[ViewSpec] = VIEW_SPEC

    def retrieve(self, request: Request, client_message_id: str) -> Response:
        if "\0" in client_message_id:
            raise NotFound
        with read_snapshot():
            message = self.get_message(client_message_id)
            timeline, total = load_receipts(self.account, message)
        response = Response(self.endpoint.render_row(message | {"timeline": timeline}))
        response["X-Timeline-Limit"], response["X-Timeline-Total"] = str(MAX_TIMELINE_RECEIPTS), str(total)
        return response

    def get_message(self, key: str) -> dict[str, Any]:
        messages = Message.objects.for_account(self.account).filter(client_message_id=key)
        row: dict[str, Any] | None = messages.values(*MessageSerializer.Meta.fields, "message_id", "status_at").first()
        if row is None:
            raise NotFound("The message does not exist.")
        return row


def load_receipts(account: Account, message: Mapping[str, Any]) -> tuple[Sequence[Mapping[str, Any]], int]:
    """Return the latest receipts of a message, oldest first, and their total number."""
    receipts = Event.objects.for_account(account).filter(kind=Event.Kind.RECEIPT)
    latest, total = receipts.get_timeline(message, MAX_TIMELINE_RECEIPTS)
    return [{name: row[name] for name in ENTRY_SCHEMAS} for row in latest], total
