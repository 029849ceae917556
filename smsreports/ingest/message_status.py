"""Endpoint of a single message, found by its client_message_id, with its timeline of receipts."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import ClassVar

from django.db.models import F
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from smsreports.accounts.models import Account
from smsreports.api.viewsets import DialectViewSet
from smsreports.database.snapshot import read_snapshot
from smsreports.ingest.models import Event
from smsreports.ingest.querysets import Verdict
from smsreports.openapi.schemas import COUNT, DATETIME, TEXT, enum_of, object_of
from smsreports.openapi.spec import Header, ViewSpec
from smsreports.queries.source_query import SourceQuery
from smsreports.sms.statuses import NAMES
from smsreports.sources import SourceTable, get_sources

# A message has a handful of receipts. The limit stops a gateway that reports every second; headers give both numbers.
MAX_TIMELINE_RECEIPTS = 100
# Columns of the unified list that a status shows.
COLUMNS = (
    "client_message_id",
    "message_id",
    "recipient",
    "sender_id",
    "text",
    "status",
    "status_code",
    "segments",
    "cost",
    "delivered_at",
)
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

    def get_message(self, client_message_id: str) -> dict[str, object]:
        """Return the SMS with this id of the client, from the first source that has it."""
        for source in get_sources():
            if source.client_key is None:
                continue
            table = _build_status_table(source.sms)
            query = SourceQuery(table, {"account": self.account.pk}).where_key(source.client_key, client_message_id)
            for row in query.select_unordered(list(table.columns)).fetch_all():
                return dict(zip(table.columns, row, strict=True))
        raise NotFound("The message does not exist.")


@cache
def _build_status_table(table: SourceTable) -> SourceTable:
    """Return the table with the columns of a status, and the time that the verdicts on its receipts depend on."""
    return table.with_columns(*COLUMNS, created_at=F(table.time_field), status_at=F("status_at"))


def load_receipts(account: Account, message: Mapping[str, object]) -> tuple[Sequence[Mapping[str, object]], int]:
    """Return the latest receipts of a message, oldest first, and their total number."""
    receipts = Event.objects.for_account(account).filter(kind=Event.Kind.RECEIPT)
    latest, total = receipts.get_timeline(message, MAX_TIMELINE_RECEIPTS)
    return [{name: row[name] for name in ENTRY_SCHEMAS} for row in latest], total
