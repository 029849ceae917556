"""One message by its client's id, and what was reported of it."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from messages_app.models import Message
from messages_app.serializers import MessageSerializer
from smsreports.accounts.models import Account
from smsreports.api.snapshot import snapshot
from smsreports.api.viewsets import DialectViewSet
from smsreports.dialects.described import Header, Traits
from smsreports.dialects.shapes import COUNT, MOMENT, TEXT, keyed, words
from smsreports.ingest.models import Event
from smsreports.ingest.querysets import Verdict
from smsreports.statuses import NAMES

# A message has a handful of receipts. A gateway that reports one every second is cut here, and the headers say so.
TIMELINE_LIMIT = 100
# Not how often it came: loading a file twice changes nothing that a caller sees.
ENTRY = {"status": words(NAMES), "status_code": TEXT, "at": MOMENT, "received_at": MOMENT, "verdict": words(Verdict)}
TRAITS = Traits(
    headers={
        "X-Timeline-Limit": Header("The most receipts that the answer has: the latest.", COUNT),
        "X-Timeline-Total": Header("How many there are.", COUNT),
    },
    shapes={"TimelineEntry": keyed(ENTRY)},
)


class StatusViewSet(DialectViewSet):
    """A message and its timeline, which belong to one moment."""

    traits: ClassVar[Traits] = TRAITS

    def retrieve(self, request: Request, client_message_id: str) -> Response:
        if "\0" in client_message_id:
            raise NotFound
        with snapshot():
            message = self.message(client_message_id)
            timeline, total = receipts(self.account, message)
        answer = Response(self.door.row(message | {"timeline": timeline}))
        answer["X-Timeline-Limit"], answer["X-Timeline-Total"] = str(TIMELINE_LIMIT), str(total)
        return answer

    def message(self, key: str) -> dict[str, Any]:
        own = Message.objects.for_account(self.account).filter(client_message_id=key)
        row: dict[str, Any] | None = own.values(*MessageSerializer.columns, "status_at").first()
        if row is None:
            raise NotFound("The message does not exist.")
        return row


def receipts(account: Account, message: Mapping[str, Any]) -> tuple[Sequence[Mapping[str, Any]], int]:
    """The latest receipts of a message, oldest first, and how many there are."""
    own = Event.objects.for_account(account).filter(kind=Event.Kind.RECEIPT)
    latest, total = own.told(message, TIMELINE_LIMIT)
    return [{name: row[name] for name in ENTRY} for row in latest], total
