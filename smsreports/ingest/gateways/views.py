"""Callback endpoint of the gateways. Each callback is one delivery receipt."""

import re
from collections import Counter
from datetime import UTC, datetime
from typing import ClassVar

import orjson
from django.http import HttpResponse
from rest_framework.exceptions import NotFound, ParseError
from rest_framework.request import Request

from smsreports.ingest.backpressure import apply_load_settings
from smsreports.ingest.gateways import load_gateways, spec
from smsreports.ingest.gateways.authentication import GatewayKeyAuthentication
from smsreports.ingest.gateways.base import CallbackParams, Gateway, ReceiptRecord
from smsreports.ingest.models import Event
from smsreports.ingest.request_body import read_body
from smsreports.ingest.views import LoadingViewSet
from smsreports.openapi.spec import ViewSpec
from smsreports.queries.query_string import parse_pairs
from smsreports.records.field_parsers import InvalidRecord
from smsreports.telemetry.metrics import get_metrics

FORM_MEDIA_TYPE = "application/x-www-form-urlencoded"
# Far more than any gateway sends.
MAX_CALLBACK_BYTES = 64 * 1024
# A receipt's text quotes the message, whose encoding may be anything.
UNSTORABLE_CHARACTERS = re.compile("[\0\ud800-\udfff]")
REPLACEMENT = "\ufffd"


class GatewayViewSet(LoadingViewSet):
    """Loads the callbacks of gateways. Errors have the dialect's shape, acknowledgements the gateway's."""

    authentication_classes = [GatewayKeyAuthentication]
    # There is nothing to read, so HEAD is not served.
    http_method_names = ["get", "post"]
    media_types = ("text/plain", "application/json")
    # A gateway cannot slow down, and some try only three times. So bursts wait for a slot, for less than the 30 s after
    # which Jasmin hangs up.
    max_wait_seconds = 10
    max_bytes = MAX_CALLBACK_BYTES
    spec: ClassVar[ViewSpec] = spec.build_view_spec(FORM_MEDIA_TYPE)

    def receive(self, request: Request, gateway: str) -> HttpResponse:
        if gateway not in load_gateways():
            raise NotFound("There is no such gateway.")
        calling_gateway = load_gateways()[gateway]
        record = _parse_callback(calling_gateway, _read_params(request))
        with self.acquire_slot(), apply_load_settings():
            if "at" not in record:
                record["at"] = self._get_first_seen_at(record)
            result = self.load_records([(1, orjson.dumps(record))])
        for rejected in result.rejected:
            raise ParseError(rejected.error)
        get_metrics().receipts.labels(gateway).inc()
        return HttpResponse(calling_gateway.acknowledgement, "text/plain")

    def _get_first_seen_at(self, record: ReceiptRecord) -> str:
        """Return the time of the first equal receipt, or else the present time, in ISO 8601.

        Some gateways name no time. With the first time, a repeated callback is recognised as the same receipt.
        """
        kind = next(name for name in Event.ReferenceKind.values if name in record)
        known_receipts = Event.objects.for_account(self.account).filter(
            reference_kind=kind,
            reference=record[kind],
            kind=Event.Kind.RECEIPT,
            status=record["status"],
            status_code=record["status_code"],
        )
        first = known_receipts.order_by("at").first()
        return (first.at if first else datetime.now(UTC)).isoformat()


def _parse_callback(gateway: Gateway, params: CallbackParams) -> ReceiptRecord:
    """Return the receipt of a callback. Raises ParseError."""
    try:
        record = gateway.parse_callback(params)
    except InvalidRecord as error:
        raise ParseError(str(error)) from None
    if any(REPLACEMENT in value for value in record.values()):
        raise ParseError("An id must be UTF-8 without NUL characters.")
    return record


def _read_params(request: Request) -> dict[str, str]:
    """Return the parameters of the URL and of the form, with U+FFFD for characters that cannot be stored.

    Raises ParseError if a parameter is given more than once.
    """
    pairs = parse_pairs(request.META.get("QUERY_STRING", ""))
    if request.method == "POST":
        pairs += parse_pairs(read_body(request._request, FORM_MEDIA_TYPE, MAX_CALLBACK_BYTES).decode("latin-1"))
    repeated = [name for name, times in Counter(name for name, _ in pairs).items() if times > 1]
    if repeated:
        raise ParseError(f"{UNSTORABLE_CHARACTERS.sub(REPLACEMENT, repeated[0])}: is given more than once")
    return {name: UNSTORABLE_CHARACTERS.sub(REPLACEMENT, value) for name, value in pairs}
