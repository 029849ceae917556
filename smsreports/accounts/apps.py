"""The accounts application."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "smsreports.accounts"
    label = "accounts"

    def ready(self) -> None:
        from smsreports.accounts import user_admin  # noqa: F401  replaces Django's own admins
