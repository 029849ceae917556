"""Django application of API messages, which registers itself as a source."""

from django.apps import AppConfig


class MessagesConfig(AppConfig):
    name = "messages_app"
    verbose_name = "API messages"

    def ready(self) -> None:
        from messages_app.source import SOURCE
        from smsreports.sources import register_source

        register_source(SOURCE)
