"""One message by its client's id, and what was reported of it."""

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

# A message has a handful of receipts. A gateway that reports one every second is cut here, and the headers say so.
MAX_TIMELINE_RECEIPTS = 100
# Not how often it came: loading a file twice changes nothing that a caller sees.
ENTRY_SCHEMAS = {
    "status": enum_of(NAMES),
    "status_code": TEXT,
    "at": DATETIME,
    "received_at": DATETIME,
    "verdict": enum_of(Verdict),
}
VIEW_SPEC = ViewSpec(
    headers={
        "X-Timeline-Limit": Header("The most receipts that the answer has: the latest.", COUNT),
        "X-Timeline-Total": Header("How many there are.", COUNT),
    },
    schemas={"TimelineEntry": object_of(ENTRY_SCHEMAS)},
)


class StatusViewSet(DialectViewSet):
    """A message and its timeline, which belong to one moment."""

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
        row: dict[str, Any] | None = messages.values(*MessageSerializer.columns, "status_at").first()
        if row is None:
            raise NotFound("The message does not exist.")
        return row


def load_receipts(account: Account, message: Mapping[str, Any]) -> tuple[Sequence[Mapping[str, Any]], int]:
    """The latest receipts of a message, oldest first, and how many there are."""
    receipts = Event.objects.for_account(account).filter(kind=Event.Kind.RECEIPT)
    latest, total = receipts.get_timeline(message, MAX_TIMELINE_RECEIPTS)
    return [{name: row[name] for name in ENTRY_SCHEMAS} for row in latest], total
