"""API messages. Each is one SMS to one recipient, sent through the API."""
