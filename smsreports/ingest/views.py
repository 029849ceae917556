"""Ingest by HTTP. One request is one batch, loaded whole or not at all."""

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
from smsreports.api.viewsets import DialectViewSet
from smsreports.concurrency.slots import load_slots
from smsreports.exceptions import RequestTooLarge
from smsreports.ingest import record_schemas
from smsreports.ingest.backpressure import apply_load_settings
from smsreports.ingest.lines import read_numbered_lines
from smsreports.ingest.load import BATCH_LINES, AccountResolver, BatchResult, DefaultCountries, NumberedLine, load_batch
from smsreports.ingest.request_body import buffer_body, drain_body, read_body
from smsreports.openapi.spec import ViewSpec
from smsreports.records.field_parsers import InvalidRecord
from smsreports.telemetry.metrics import get_metrics

NDJSON = "application/x-ndjson"
# Promised by the contract. A body is held in memory whole.
MAX_BODY_BYTES = 10 * 1024 * 1024
VIEW_SPEC = ViewSpec(
    body=record_schemas.build_body_spec(NDJSON, BATCH_LINES, MAX_BODY_BYTES),
    schemas=record_schemas.RECORD_SCHEMAS | {"TrafficRecord": record_schemas.RECORD_SCHEMA},
)


class OwnAccountResolver(AccountResolver):
    """Resolver that accepts the account of the API key only. The error does not reveal which other accounts exist."""

    def __init__(self, account: Account) -> None:
        super().__init__()
        self._account = account

    def resolve_id(self, name: object) -> int:
        if name not in (None, self._account.name):
            raise InvalidRecord("account: must be the key's own, or left out")
        return self._account.pk

    def get_default_countries(self) -> DefaultCountries:
        return dict.fromkeys((None, self._account.name), self._account.default_country)


class LoadingViewSet(DialectViewSet):
    """Base of the endpoints that load records. A load holds a slot while it runs."""

    # Seconds to wait for a load slot.
    max_wait_seconds: ClassVar[float]
    # Maximum size of a body.
    max_bytes: ClassVar[int]

    def handle_exception(self, exc: Exception) -> Response:
        # Drain the body for authenticated clients and for API errors only.
        if self.rate_limit is not None or isinstance(exc, APIException):
            drain_body(self.request._request, MAX_BODY_BYTES)
        return super().handle_exception(exc)

    def get_raw_body(self, key: ApiKey) -> bytes:
        """Return the raw body, for signature checks.

        It is read in a load slot, so a client with a key but without its secret cannot use more than the key's slots.
        """
        if self.request.method != "POST":
            return b""
        with load_slots.acquire_slot(key.account_id, self.max_wait_seconds):
            return buffer_body(self.request._request, self.max_bytes)

    def acquire_slot(self) -> AbstractContextManager[None]:
        return load_slots.acquire_slot(self.account.pk, self.max_wait_seconds)

    def load_records(self, batch: Sequence[NumberedLine]) -> BatchResult:
        result = load_batch(batch, OwnAccountResolver(self.account))
        line_counters = get_metrics().lines
        line_counters.labels("accepted").inc(result.accepted)
        line_counters.labels("duplicate").inc(result.duplicates)
        line_counters.labels("rejected").inc(len(result.rejected))
        return result


class IngestViewSet(LoadingViewSet):
    """Endpoint that loads the request's body, a file of records."""

    # The body is read in the request's thread while it arrives. For other views the server reads it first.
    reads_body = True
    # A client with a file can send it again later.
    max_wait_seconds = 0
    max_bytes = MAX_BODY_BYTES
    spec: ClassVar[ViewSpec] = VIEW_SPEC

    def create(self, request: Request) -> Response:
        with self.acquire_slot():
            batch = split_batch(read_body(request._request, NDJSON, MAX_BODY_BYTES))
            with apply_load_settings():
                result = self.load_records(batch)
        return Response(self.endpoint.render_row(asdict(result)))


def split_batch(body: bytes) -> list[NumberedLine]:
    """Return the numbered lines of a body. Raises RequestTooLarge for more than one batch."""
    lines: Iterator[NumberedLine] = read_numbered_lines(BytesIO(body))
    batch = list(islice(lines, BATCH_LINES + 1))
    if len(batch) > BATCH_LINES:
        raise RequestTooLarge(f"The body must not have more than {BATCH_LINES} lines; nothing was loaded.")
    return batch
