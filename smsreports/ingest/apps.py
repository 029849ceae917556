"""Django application of ingest, which registers the reader of timelines."""

from django.apps import AppConfig


class IngestConfig(AppConfig):
    name = "smsreports.ingest"
    label = "ingest"

    def ready(self) -> None:
        from smsreports.ingest.timeline import load_timeline
        from smsreports.staff.timeline import register_reader

        register_reader(load_timeline)
