"""Django application of broadcasts, which registers itself as a source."""

from django.apps import AppConfig


class BroadcastsConfig(AppConfig):
    name = "broadcasts_app"
    verbose_name = "Broadcasts"

    def ready(self) -> None:
        from broadcasts_app.source import SOURCE
        from smsreports.sources import register_source

        register_source(SOURCE)
