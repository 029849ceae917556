"""API messages: one SMS to one recipient, sent through the API."""
