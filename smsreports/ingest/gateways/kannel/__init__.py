"""Kannel: its `dlr-url`. What to configure there: docs/operators/gateways/kannel.md."""

from smsreports.ingest.gateways.base import Gateway
from smsreports.ingest.gateways.kannel.receipts import PARAMETERS, receipt_of

# Kannel takes any 200 or 202, and reads nothing of it.
gateway = Gateway(slug="kannel", receipt=receipt_of, thanks="OK", parameters=PARAMETERS)
