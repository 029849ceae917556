"""Django app of the counters."""

from django.apps import AppConfig


class CountersConfig(AppConfig):
    name = "smsreports.counters"
    label = "counters"
