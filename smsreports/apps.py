"""The project's own application with system checks and commands."""

from django.apps import AppConfig


class SmsreportsConfig(AppConfig):
    name = "smsreports"

    def ready(self) -> None:
        from smsreports import checks  # noqa: F401  registers the checks
