"""Kannel: its `dlr-url`. See docs/operators/gateways/kannel.md for its configuration."""

from smsreports.ingest.gateways.base import Gateway
from smsreports.ingest.gateways.kannel.callbacks import PARAMETERS, parse_callback

# Kannel accepts any 200 or 202 and does not read the body.
gateway = Gateway(slug="kannel", parse_callback=parse_callback, acknowledgement="OK", parameters=PARAMETERS)
