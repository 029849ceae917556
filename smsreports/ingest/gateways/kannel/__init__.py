"""Kannel: its `dlr-url`. What to configure there: docs/operators/gateways/kannel.md."""

from smsreports.ingest.gateways.base import Gateway
from smsreports.ingest.gateways.kannel.callbacks import PARAMETERS, parse_callback

# Kannel takes any 200 or 202, and reads nothing of it.
gateway = Gateway(slug="kannel", parse_callback=parse_callback, acknowledgement="OK", parameters=PARAMETERS)
