"""Jasmin: its HTTP DLR thrower. What to configure there: docs/operators/gateways/jasmin.md."""

from smsreports.ingest.gateways.base import Gateway
from smsreports.ingest.gateways.jasmin.receipts import PARAMETERS, receipt_of

# Any other answer, or any other body, and Jasmin calls again.
gateway = Gateway(slug="jasmin", receipt=receipt_of, thanks="ACK/Jasmin", parameters=PARAMETERS)
