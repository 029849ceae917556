"""Django application of WhatsApp messages, which registers itself as a source."""

from django.apps import AppConfig


class WhatsAppConfig(AppConfig):
    name = "tests.toy_source"
    label = "whatsapp"
    verbose_name = "WhatsApp messages"

    def ready(self) -> None:
        from smsreports.sources import register_source
        from tests.toy_source.source import SOURCE

        register_source(SOURCE)
