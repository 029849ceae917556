"""Records by HTTP: one request is one batch, loaded whole or not at all."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from io import BytesIO
from itertools import islice
from typing import ClassVar

from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from smsreports.accounts.models import Account, ApiKey
from smsreports.api.errors import TooLarge
from smsreports.api.viewsets import DialectViewSet
from smsreports.dialects.described import Traits
from smsreports.ingest import described
from smsreports.ingest.backpressure import bounded, places
from smsreports.ingest.body import discard, keep, read
from smsreports.ingest.fields import Refused
from smsreports.ingest.lines import numbered
from smsreports.ingest.load import BATCH_LINES, Accounts, Line, Outcome, load_batch
from smsreports.telemetry.meters import meters

NDJSON = "application/x-ndjson"
# What the contract promises; it is held in memory whole.
MOST_BYTES = 10 * 1024 * 1024
TRAITS = Traits(
    body=described.body(NDJSON, BATCH_LINES, MOST_BYTES),
    shapes=described.RECORDS | {"TrafficRecord": described.RECORD},
)


class OwnAccount(Accounts):
    """The account of the caller's key. That others exist is not told."""

    def __init__(self, account: Account) -> None:
        super().__init__()
        self._account = account

    def id(self, name: object) -> int:
        if name not in (None, self._account.name):
            raise Refused("account: must be the key's own, or left out")
        return self._account.pk


class LoadingViewSet(DialectViewSet):
    """What every door into the tables shares: a place, for as long as it works, and bounds in the database."""

    # Seconds to wait for a place.
    patience: ClassVar[float]
    # Bytes that it takes in.
    most: ClassVar[int]

    def handle_exception(self, exc: Exception) -> Response:
        if self.allowance is not None or isinstance(exc, APIException):  # a caller whom we know
            discard(self.request._request, MOST_BYTES)
        return super().handle_exception(exc)

    def sent(self, key: ApiKey) -> bytes:
        """Held in a place, as any body is: who has the key alone and not its secret takes no more than that."""
        if self.request.method != "POST":
            return b""
        with places.taken(key.account_id, self.patience):
            return keep(self.request._request, self.most)

    def place(self) -> AbstractContextManager[None]:
        return places.taken(self.account.pk, self.patience)

    def load(self, batch: Sequence[Line]) -> Outcome:
        outcome = load_batch(batch, OwnAccount(self.account))
        lines = meters().lines
        lines.labels("accepted").inc(outcome.accepted)
        lines.labels("duplicate").inc(outcome.duplicates)
        lines.labels("rejected").inc(len(outcome.rejected))
        return outcome


class IngestViewSet(LoadingViewSet):
    """A file of records as a request's body."""

    # Whoever has a file can send it again.
    patience = 0
    most = MOST_BYTES
    traits: ClassVar[Traits] = TRAITS

    def create(self, request: Request) -> Response:
        with self.place():
            batch = lines(read(request._request, NDJSON, MOST_BYTES))
            with bounded():
                outcome = self.load(batch)
        return Response(self.door.row(asdict(outcome)))


def lines(body: bytes) -> list[Line]:
    """Raises TooLarge for more than one batch."""
    found: Iterator[Line] = numbered(BytesIO(body))
    batch = list(islice(found, BATCH_LINES + 1))
    if len(batch) > BATCH_LINES:
        raise TooLarge(f"The body must not have more than {BATCH_LINES} lines; nothing was loaded.")
    return batch
