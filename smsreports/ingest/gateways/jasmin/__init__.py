"""Jasmin: its HTTP DLR thrower. What to configure there: docs/operators/gateways/jasmin.md."""

from smsreports.ingest.gateways.base import Gateway
from smsreports.ingest.gateways.jasmin.callbacks import PARAMETERS, parse_callback

# Any other answer, or any other body, and Jasmin calls again.
gateway = Gateway(slug="jasmin", parse_callback=parse_callback, acknowledgement="ACK/Jasmin", parameters=PARAMETERS)
