"""Observability: a log line for each request, log redaction, and the metrics of /metrics."""
