"""The accounts application."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "smsreports.accounts"
    label = "accounts"
