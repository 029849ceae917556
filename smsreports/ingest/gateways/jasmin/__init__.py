"""Jasmin: its HTTP DLR thrower. See docs/operators/gateways/jasmin.md for its configuration."""

from smsreports.ingest.gateways.base import Gateway
from smsreports.ingest.gateways.jasmin.callbacks import PARAMETERS, parse_callback

# Jasmin repeats the callback after any other status or body.
gateway = Gateway(slug="jasmin", parse_callback=parse_callback, acknowledgement="ACK/Jasmin", parameters=PARAMETERS)
