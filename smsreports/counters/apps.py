"""The application of kept totals."""

from django.apps import AppConfig


class CountersConfig(AppConfig):
    name = "smsreports.counters"
    label = "counters"
