"""The application of what comes in."""

from django.apps import AppConfig


class IngestConfig(AppConfig):
    name = "smsreports.ingest"
    label = "ingest"
