"""The address that gateways call: one callback is one receipt."""

import re
from collections import Counter
from datetime import UTC, datetime
from typing import ClassVar

import orjson
from django.http import HttpResponse
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import NotFound, ParseError
from rest_framework.request import Request

from smsreports.dialects.described import Traits
from smsreports.dialects.query import fields
from smsreports.ingest.backpressure import bounded
from smsreports.ingest.body import read
from smsreports.ingest.fields import Refused
from smsreports.ingest.gateways import described, gateways
from smsreports.ingest.gateways.auth import GatewayKey
from smsreports.ingest.gateways.base import Gateway, Receipt, Said
from smsreports.ingest.models import Event
from smsreports.ingest.views import LoadingViewSet
from smsreports.telemetry.meters import meters

FORM = "application/x-www-form-urlencoded"
# Far above any callback.
MOST_BYTES = 64 * 1024
# A receipt's text quotes the message, in whatever encoding that is.
NO_TEXT = re.compile("[\0\ud800-\udfff]")
REPLACEMENT = "\ufffd"


class GatewayViewSet(LoadingViewSet):
    """Callbacks of the gateways, whose errors are in the dialect's shape and whose thanks are the gateway's."""

    # HEAD asks for nothing that is here.
    http_method_names = ["get", "post"]
    media_types = ("text/plain", "application/json")
    # A gateway cannot hold back what it has, and some try only three times: its bursts wait, for less time than the
    # 30 s after which Jasmin hangs up.
    patience = 10
    most = MOST_BYTES
    traits: ClassVar[Traits] = described.traits(FORM)

    def get_authenticators(self) -> list[BaseAuthentication]:
        return [GatewayKey(self.sent)]

    def receive(self, request: Request, gateway: str) -> HttpResponse:
        if gateway not in gateways():
            raise NotFound("There is no such gateway.")
        caller = gateways()[gateway]
        record = _record(caller, _said(request))
        with self.place(), bounded():
            if "at" not in record:
                record["at"] = self._first_told(record)
            outcome = self.load([(1, orjson.dumps(record))])
        for rejected in outcome.rejected:
            raise ParseError(rejected.error)
        meters().receipts.labels(gateway).inc()
        return HttpResponse(caller.thanks, "text/plain")

    def _first_told(self, record: Receipt) -> str:
        """When a gateway that names no time first said this: said again, it is the same receipt."""
        kind = next(name for name in Event.ReferenceKind.values if name in record)
        told = Event.objects.for_account(self.account).filter(
            reference_kind=kind,
            reference=record[kind],
            kind=Event.Kind.RECEIPT,
            status=record["status"],
            status_code=record["status_code"],
        )
        known = told.order_by("at").first()
        return (known.at if known else datetime.now(UTC)).isoformat()


def _record(gateway: Gateway, said: Said) -> Receipt:
    try:
        record = gateway.receipt(said)
    except Refused as fault:
        raise ParseError(str(fault)) from None
    if any(REPLACEMENT in value for value in record.values()):
        raise ParseError("An id must be UTF-8 without NUL characters.")
    return record


def _said(request: Request) -> dict[str, str]:
    """The parameters of the address and of the form."""
    pairs = fields(request.META.get("QUERY_STRING", ""))
    if request.method == "POST":
        pairs += fields(read(request._request, FORM, MOST_BYTES).decode("latin-1"))
    twice = [name for name, times in Counter(name for name, _ in pairs).items() if times > 1]
    if twice:
        raise ParseError(f"{NO_TEXT.sub(REPLACEMENT, twice[0])}: is given more than once")
    return {name: NO_TEXT.sub(REPLACEMENT, value) for name, value in pairs}
